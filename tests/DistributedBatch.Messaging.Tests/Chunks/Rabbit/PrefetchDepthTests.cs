using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class PrefetchDepthTests
{
    [Theory]
    [InlineData(60_000, 5, 1)]
    [InlineData(60, 1_000, 1)]
    [InlineData(49, 10, 2)]
    [InlineData(20, 2, 2)]
    [InlineData(20, 1, 1)]
    [InlineData(10, 10, 2)]
    [InlineData(9, 10, 3)]
    [InlineData(5, 10, 5)]
    [InlineData(1, 10, 29)]
    [InlineData(0.01, 10, 64)]
    [InlineData(0, 10, 64)]
    [InlineData(0, 0, 1)]
    public void A_slot_asks_ahead_only_for_chunks_that_are_short_and_for_which_it_would_wait(double serviceMilliseconds, double roundTripMilliseconds, int depth) =>
        Assert.Equal(
            depth, PrefetchDepth.For(TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(roundTripMilliseconds), most: 64));

    [Theory]
    [InlineData(0, 1, 29)]
    [InlineData(29, 1.5, 29)]
    [InlineData(29, 0.6, 29)]
    [InlineData(29, 3, 29)]
    [InlineData(29, 0.5, 59)]
    [InlineData(29, 0.2, 64)]
    [InlineData(29, 10, 2)]
    [InlineData(2, 12, 2)]
    [InlineData(2, 60, 2)]
    [InlineData(2, 100, 1)]
    [InlineData(1, 12, 2)]
    [InlineData(1, 60, 1)]
    [InlineData(1, 8, 3)]
    public void A_wobbling_measurement_does_not_change_the_depth(int current, double serviceMilliseconds, int next) =>
        Assert.Equal(next, PrefetchDepth.Next(current, TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(10), most: 64));
}
