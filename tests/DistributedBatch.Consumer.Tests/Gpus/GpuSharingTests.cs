using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuSharingTests
{
    private const long Gigabyte = 1L << 30;

    private readonly RunId run = RunId.New();
    private readonly GpuSharing sharing = new();
    private readonly GpuLeases leases = new();

    public GpuSharingTests() => Cards(Card(0));

    [Fact]
    public void A_run_whose_memory_is_unknown_has_one_attempt_a_card()
    {
        Assert.NotNull(leases.TryLease(sharing.Request(run)));
        Assert.Null(leases.TryLease(sharing.Request(run)));
    }

    [Fact]
    public void One_more_is_added_with_each_success_while_the_measured_peak_fits()
    {
        var held = new List<GpuLease> { leases.TryLease(sharing.Request(run))! };
        sharing.RecordMemory(run, 6 * Gigabyte);
        Assert.Null(leases.TryLease(sharing.Request(run)));
        for (var success = 0; success < 10; success++)
        {
            sharing.RecordSuccess(run, leases.SmallestUsableBytes);
            while (leases.TryLease(sharing.Request(run)) is { } lease)
                held.Add(lease);
            Assert.Equal(Math.Min(success + 2, 3), held.Count);
        }

        Assert.Equal(3, sharing.MostAllowed);
        Assert.All(held, lease => Assert.Equal(3, lease.MostSharers));
    }

    [Fact]
    public void A_lease_can_be_released_once_after_another_attempt_joined_its_card()
    {
        Learn(Gigabyte, successes: 1);
        var first = leases.TryLease(sharing.Request(run))!;
        var held = new HashSet<GpuLease> { first };

        var second = leases.TryLease(sharing.Request(run))!;

        Assert.Equal((2, 2), (first.MostSharers, second.MostSharers));
        Assert.True(held.Remove(first));
        leases.Release(first);
        Assert.Equal(1, leases.AttemptsOn(0));
        leases.Release(first);
        Assert.Equal(1, leases.AttemptsOn(0));
    }

    [Fact]
    public void After_running_out_of_memory_fewer_share_a_card_for_good()
    {
        Learn(Gigabyte, successes: 10);
        Assert.Equal(11, sharing.MostAllowed);

        sharing.RecordOutOfMemory(run, sharers: 8);
        for (var success = 0; success < 10; success++)
            sharing.RecordSuccess(run, leases.SmallestUsableBytes);

        Assert.Equal(7, sharing.MostAllowed);
    }

    [Fact]
    public void Memory_of_foreign_programs_leaves_room_for_fewer_attempts()
    {
        Cards(Card(0, used: 12 * Gigabyte));
        Learn(5 * Gigabyte, successes: 5);

        var taken = Enumerable.Range(0, 5).Count(_ => leases.TryLease(sharing.Request(run)) is not null);

        Assert.Equal(2, taken);
    }

    [Fact]
    public void An_attempt_of_unknown_need_gets_no_card_that_foreign_programs_mostly_fill()
    {
        Cards(Card(0, used: 15 * Gigabyte), Card(1));

        Assert.Equal([1], leases.TryLease(sharing.Request(run))!.Indices);
        Assert.Null(leases.TryLease(sharing.Request(run)));
        Assert.Null(leases.TryLease(new GpuRequest(1)));
    }

    [Fact]
    public void A_shared_card_is_not_leased_as_a_whole_and_a_whole_card_is_not_shared()
    {
        Learn(Gigabyte, successes: 5);
        var shared = leases.TryLease(sharing.Request(run))!;
        Assert.Null(leases.TryLease(new GpuRequest(1)));
        leases.Release(shared);

        Assert.NotNull(leases.TryLease(new GpuRequest(1)));
        Assert.Null(leases.TryLease(sharing.Request(run)));
    }

    [Fact]
    public void Foreign_memory_and_reservations_both_count()
    {
        Cards(Card(0, used: 10 * Gigabyte));

        Assert.NotNull(leases.TryLease(new GpuRequest(0.1, 8 * Gigabyte)));
        Assert.Null(leases.TryLease(new GpuRequest(0.1, 8 * Gigabyte)));
    }

    [Theory]
    [InlineData("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", true)]
    [InlineData("RuntimeError: CUDA error: out of memory", true)]
    [InlineData("jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate", true)]
    [InlineData("torch.OutOfMemoryError: HIP out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15.98 GiB", true)]
    [InlineData("torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB", true)]
    [InlineData("RuntimeError: HIP error: out of memory", true)]
    [InlineData("failed to allocate 4.0GiB from device: hipErrorOutOfMemory", true)]
    [InlineData("RuntimeError: HIP error: invalid device function", false)]
    [InlineData("MemoryError", false)]
    [InlineData(null, false)]
    public void A_program_that_ran_out_of_GPU_memory_is_recognised_by_its_error_text(string? stderr, bool said) =>
        Assert.Equal(said, GpuOutOfMemory.IsIn(stderr));

    [Fact]
    public void Processes_are_parsed_and_those_of_unknown_memory_are_left_out() =>
        Assert.Equal([new GpuProcess("GPU-1", 42, 512L << 20)], NvidiaSmiOutput.Processes("GPU-1, 42, 512\nGPU-1, 43, [N/A]\n[Not Supported]\n"));

    private void Learn(long peak, int successes)
    {
        sharing.RecordMemory(run, peak);
        for (var success = 0; success < successes; success++)
            sharing.RecordSuccess(run, leases.SmallestUsableBytes);
    }

    private void Cards(params GpuCard[] cards) => leases.Update(cards);

    private static GpuCard Card(int index, long used = 0) => new(index, "Test card", 24 * Gigabyte, used);
}
