using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class PrefetchDepthTests
{
    [Theory]
    [InlineData(60_000, 5, 1)]
    [InlineData(10, 10, 1)]
    [InlineData(9, 10, 3)]
    [InlineData(5, 10, 3)]
    [InlineData(1, 10, 11)]
    [InlineData(0.01, 10, 64)]
    [InlineData(0, 10, 64)]
    [InlineData(0, 0, 1)]
    public void A_slot_asks_ahead_only_for_chunks_shorter_than_the_round_trip(double serviceMilliseconds, double roundTripMilliseconds, int depth) =>
        Assert.Equal(
            depth, PrefetchDepth.For(TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(roundTripMilliseconds), most: 64));

    [Theory]
    [InlineData(4, 4, false)]
    [InlineData(4, 5, false)]
    [InlineData(4, 3, false)]
    [InlineData(4, 8, true)]
    [InlineData(4, 2, true)]
    [InlineData(2, 1, true)]
    [InlineData(3, 1, true)]
    [InlineData(1, 2, true)]
    public void A_wobbling_measurement_does_not_change_the_depth(int current, int wanted, bool worth) =>
        Assert.Equal(worth, PrefetchDepth.IsWorthChanging(current, wanted));
}
