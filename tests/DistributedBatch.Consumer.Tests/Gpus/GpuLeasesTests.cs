using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuLeasesTests
{
    private const long Gigabyte = 1L << 30;

    private readonly GpuLeases leases = new();

    public GpuLeasesTests() => leases.Update(Enumerable.Range(0, 4).Select(index => Card(index)));

    [Fact]
    public void Four_whole_cards_serve_four_attempts_and_the_fifth_waits()
    {
        var taken = Enumerable.Range(0, 4).Select(_ => leases.TryLease(new GpuRequest(1))!.VisibleDevices).ToList();

        Assert.Equal(["0", "1", "2", "3"], taken.Order());
        Assert.Null(leases.TryLease(new GpuRequest(1)));
    }

    [Fact]
    public void A_released_card_is_leased_again()
    {
        var held = Enumerable.Range(0, 4).Select(_ => leases.TryLease(new GpuRequest(1))!).ToList();

        leases.Release(held[2]);
        leases.Release(held[2]);

        Assert.Equal(held[2].Indices, leases.TryLease(new GpuRequest(1))!.Indices);
        Assert.Null(leases.TryLease(new GpuRequest(1)));
    }

    [Fact]
    public void Halves_fill_free_cards_first_and_then_share()
    {
        var firstFour = Enumerable.Range(0, 4).Select(_ => leases.TryLease(new GpuRequest(0.5))!.Indices[0]).Distinct().Count();
        var more = Enumerable.Range(0, 4).Select(_ => leases.TryLease(new GpuRequest(0.5))).ToList();

        Assert.Equal(4, firstFour);
        Assert.DoesNotContain(null, more);
        Assert.Null(leases.TryLease(new GpuRequest(0.5)));
    }

    [Fact]
    public void Ten_tenths_fit_on_a_card()
    {
        leases.Update([Card(0)]);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.NotNull(leases.TryLease(new GpuRequest(0.1))));
        Assert.Null(leases.TryLease(new GpuRequest(0.1)));
    }

    [Fact]
    public void A_preferred_card_is_leased_before_an_emptier_one_while_it_is_free()
    {
        leases.TryLease(new GpuRequest(0.5, PreferredCards: [2]));
        Assert.Equal("2", leases.TryLease(new GpuRequest(0.5, PreferredCards: [2]))!.VisibleDevices);
        Assert.Equal("0", leases.TryLease(new GpuRequest(0.5, PreferredCards: [2]))!.VisibleDevices);
    }

    [Fact]
    public void Two_cards_for_one_attempt_are_named_together()
    {
        Assert.Equal("0,1", leases.TryLease(new GpuRequest(2))!.VisibleDevices);
        Assert.Equal("2,3", leases.TryLease(new GpuRequest(2))!.VisibleDevices);
    }

    [Fact]
    public void Memory_that_foreign_programs_hold_is_not_leased()
    {
        leases.Update([Card(0, usedBytes: 20 * Gigabyte), Card(1)]);

        Assert.Equal([1], leases.TryLease(new GpuRequest(0.5, 8 * Gigabyte))!.Indices);
        Assert.Equal([1], leases.TryLease(new GpuRequest(0.5, 8 * Gigabyte))!.Indices);
        Assert.Null(leases.TryLease(new GpuRequest(0.1, 8 * Gigabyte)));
    }

    [Fact]
    public void A_reservation_counts_before_the_attempt_allocates_memory()
    {
        leases.Update([Card(0)]);

        Assert.NotNull(leases.TryLease(new GpuRequest(0.1, 14 * Gigabyte)));
        Assert.Null(leases.TryLease(new GpuRequest(0.1, 14 * Gigabyte)));
    }

    [Fact]
    public void A_card_that_vanishes_is_not_leased_again()
    {
        var lease = leases.TryLease(new GpuRequest(1))!;

        leases.Update(Enumerable.Range(1, 3).Select(index => Card(index)));
        leases.Release(lease);

        var taken = Enumerable.Range(0, 3).Select(_ => leases.TryLease(new GpuRequest(1))!.Indices[0]);
        Assert.Equal([1, 2, 3], taken.Order());
        Assert.Null(leases.TryLease(new GpuRequest(1)));
    }

    private static GpuCard Card(int index, long usedBytes = 0) => new(index, "Test card", 24 * Gigabyte, usedBytes);
}
