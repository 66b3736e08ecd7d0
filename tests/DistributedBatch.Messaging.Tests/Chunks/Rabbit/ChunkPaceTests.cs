using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class ChunkPaceTests
{
    private readonly ManualTime time = new();
    private readonly ChunkPace pace;

    public ChunkPaceTests() => pace = new ChunkPace(time);

    [Fact]
    public void Nothing_is_known_before_the_first_chunks()
    {
        pace.Arrived();

        Assert.Null(pace.Service);
        Assert.Null(pace.RoundTrip);
    }

    [Fact]
    public void The_round_trip_is_the_way_from_the_end_of_a_chunk_to_the_delivery_in_its_place()
    {
        for (var n = 0; n < 400; n++)
            RunOne(busy: 1, settle: 10, turnaround: 2);

        Assert.Equal(1, pace.Service!.Value.TotalMilliseconds, 0.01);
        Assert.Equal(12, pace.RoundTrip!.Value.TotalMilliseconds, 0.01);
    }

    [Fact]
    public void Several_chunks_that_are_acknowledged_together_are_replaced_in_their_order()
    {
        var first = time.GetTimestamp();
        time.Pass(5);
        var second = time.GetTimestamp();
        time.Pass(5);
        pace.Acknowledged(first);
        pace.Acknowledged(second);
        time.Pass(2);
        pace.Arrived();
        pace.Arrived();

        Assert.Equal(7, pace.RoundTrip!.Value.TotalMilliseconds, 0.01);
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
    }

    [Fact]
    public void What_the_chunks_of_one_run_taught_is_forgotten_before_the_next()
    {
        RunOne(busy: 20, settle: 3, turnaround: 2);
        pace.ForgetService();

        Assert.Null(pace.Service);
        Assert.Equal(5, pace.RoundTrip!.Value.TotalMilliseconds, 0.01);
    }

    private void RunOne(double busy, double settle, double turnaround)
    {
        time.Pass(busy);
        var ended = time.GetTimestamp();
        pace.Ended(TimeSpan.FromMilliseconds(busy));
        time.Pass(settle);
        pace.Acknowledged(ended);
        time.Pass(turnaround);
        pace.Arrived();
    }
}
