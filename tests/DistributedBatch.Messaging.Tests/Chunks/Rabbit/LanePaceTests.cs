using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class LanePaceTests
{
    private readonly ManualTime time = new();
    private readonly LanePace pace;

    public LanePaceTests() => pace = new LanePace(time);

    [Fact]
    public void Nothing_is_known_before_the_first_chunks()
    {
        pace.Freed();
        pace.HandedOut();

        Assert.Null(pace.Service);
        Assert.Null(pace.RoundTrip);
    }

    [Fact]
    public void The_round_trip_is_the_way_to_the_acknowledgement_and_the_brokers_turnaround()
    {
        for (var n = 0; n < 400; n++)
            RunOne(busy: 1, settle: 10, turnaround: 2);

        Assert.Equal(1, pace.Service!.Value.TotalMilliseconds, 0.01);
        Assert.Equal(12, pace.RoundTrip!.Value.TotalMilliseconds, 0.01);
    }

    [Fact]
    public void An_empty_queue_does_not_count_as_a_slow_broker()
    {
        for (var n = 0; n < 40; n++)
            RunOne(busy: 1, settle: 0, turnaround: n % 4 == 0 ? 60_000 : 2);

        Assert.InRange(pace.RoundTrip!.Value.TotalMilliseconds, 2, 2.2);
    }

    [Fact]
    public void One_long_chunk_is_enough_to_call_chunks_long()
    {
        for (var n = 0; n < 40; n++)
            RunOne(busy: 1, settle: 0, turnaround: 2);
        RunOne(busy: 5_000, settle: 0, turnaround: 2);
        pace.Freed();

        Assert.Equal(5, pace.Service!.Value.TotalSeconds, 0.01);
    }

    [Fact]
    public void A_short_chunk_that_had_to_wait_for_a_processor_does_not_make_chunks_long()
    {
        for (var n = 0; n < 40; n++)
            RunOne(busy: 0.3, settle: 0, turnaround: 2);
        RunOne(busy: 8, settle: 0, turnaround: 2);

        Assert.InRange(pace.Service!.Value.TotalMilliseconds, 0.3, 0.6);
    }

    [Fact]
    public void A_first_chunk_that_had_to_load_its_libraries_is_forgotten_after_some_short_ones()
    {
        RunOne(busy: 2_000, settle: 3, turnaround: 2);
        for (var n = 0; n < 3; n++)
            RunOne(busy: 20, settle: 3, turnaround: 2);
        Assert.Equal(2, pace.Service!.Value.TotalSeconds, 0.01);

        RunOne(busy: 20, settle: 3, turnaround: 2);
        Assert.Equal(20, pace.Service!.Value.TotalMilliseconds, 0.01);
        Assert.Equal(5, pace.RoundTrip!.Value.TotalMilliseconds, 0.01);
    }

    private void RunOne(double busy, double settle, double turnaround)
    {
        pace.HandedOut();
        time.Pass(busy);
        var freed = pace.Freed();
        time.Pass(settle);
        pace.Settled(freed);
        time.Pass(turnaround);
        pace.ArrivedAlone();
    }
}
