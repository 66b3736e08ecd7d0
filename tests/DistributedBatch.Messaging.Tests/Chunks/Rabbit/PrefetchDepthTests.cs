using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class PrefetchDepthTests
{
    [Theory]
    [InlineData(60_000, 5, 1)]
    [InlineData(60, 1_000, 1)]
    [InlineData(49, 10, 6)]
    [InlineData(20, 2, 11)]
    [InlineData(20, 1, 1)]
    [InlineData(10, 10, 21)]
    [InlineData(9, 10, 24)]
    [InlineData(5, 10, 41)]
    [InlineData(5, 100, 59)]
    [InlineData(1, 10, 201)]
    [InlineData(0.01, 10, 256)]
    [InlineData(0, 10, 256)]
    [InlineData(0, 0, 1)]
    public void A_slot_asks_ahead_only_for_chunks_that_are_short_and_for_which_it_would_wait(double serviceMilliseconds, double roundTripMilliseconds, int depth) =>
        Assert.Equal(
            depth, PrefetchDepth.For(TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(roundTripMilliseconds), most: 256));

    [Theory]
    [InlineData(0, 2, 101)]
    [InlineData(101, 1.5, 101)]
    [InlineData(101, 1, 101)]
    [InlineData(101, 3, 101)]
    [InlineData(101, 0.9, 224)]
    [InlineData(101, 0.2, 256)]
    [InlineData(101, 10, 21)]
    [InlineData(11, 12, 11)]
    [InlineData(2, 60, 2)]
    [InlineData(2, 100, 1)]
    [InlineData(1, 12, 18)]
    [InlineData(1, 60, 1)]
    [InlineData(1, 8, 26)]
    public void A_wobbling_measurement_does_not_change_the_depth(int current, double serviceMilliseconds, int next) =>
        Assert.Equal(next, PrefetchDepth.Next(current, TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(10), most: 256));
}
