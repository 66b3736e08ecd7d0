using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class PrefetchDepthTests
{
    [Theory]
    [InlineData(60_000, 5, 1)]
    [InlineData(60, 1_000, 1)]
    [InlineData(49, 10, 4)]
    [InlineData(20, 2, 6)]
    [InlineData(20, 1, 1)]
    [InlineData(10, 10, 11)]
    [InlineData(9, 10, 13)]
    [InlineData(5, 10, 21)]
    [InlineData(5, 60, 35)]
    [InlineData(1, 10, 101)]
    [InlineData(0.01, 10, 256)]
    [InlineData(0, 10, 256)]
    [InlineData(0, 0, 1)]
    public void A_slot_asks_ahead_only_for_chunks_that_are_short_and_for_which_it_would_wait(double serviceMilliseconds, double roundTripMilliseconds, int depth) =>
        Assert.Equal(
            depth, PrefetchDepth.For(TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(roundTripMilliseconds), most: 256));

    [Theory]
    [InlineData(0, 1, 101)]
    [InlineData(101, 1.5, 101)]
    [InlineData(101, 0.6, 101)]
    [InlineData(101, 3, 101)]
    [InlineData(101, 0.4, 251)]
    [InlineData(101, 0.2, 256)]
    [InlineData(101, 10, 11)]
    [InlineData(6, 12, 6)]
    [InlineData(2, 60, 2)]
    [InlineData(2, 100, 1)]
    [InlineData(1, 12, 10)]
    [InlineData(1, 60, 1)]
    [InlineData(1, 8, 14)]
    public void A_wobbling_measurement_does_not_change_the_depth(int current, double serviceMilliseconds, int next) =>
        Assert.Equal(next, PrefetchDepth.Next(current, TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(10), most: 256));
}
