using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class LookAheadTests
{
    [Theory]
    [InlineData(60_000, 5, 0)]
    [InlineData(50, 10, 0)]
    [InlineData(49, 10, 5)]
    [InlineData(20, 2, 10)]
    [InlineData(5, 10, 40)]
    [InlineData(1, 10, 200)]
    [InlineData(0.01, 10, 256)]
    [InlineData(0, 10, 256)]
    public void A_host_fetches_only_short_chunks_ahead(double serviceMilliseconds, double roundTripMilliseconds, int chunks) => Assert.Equal(
        3 * chunks, LookAhead.For(TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(roundTripMilliseconds), slots: 3, mostPerSlot: 256));

    [Theory]
    [InlineData(60, 90, 6)]
    [InlineData(20, 90, 18)]
    [InlineData(100, 90, 0)]
    public void A_broker_that_is_far_away_needs_more_chunks_ahead(double serviceMilliseconds, double roundTripMilliseconds, int chunks) => Assert.Equal(
        chunks, LookAhead.For(TimeSpan.FromMilliseconds(serviceMilliseconds), TimeSpan.FromMilliseconds(roundTripMilliseconds), slots: 1, mostPerSlot: 256));

    [Fact]
    public void Nothing_is_fetched_ahead_before_a_chunk_has_ended_or_when_every_slot_is_at_a_long_one()
    {
        Assert.Equal(0, LookAhead.For(service: null, roundTrip: null, slots: 8, mostPerSlot: 256));
        Assert.Equal(0, LookAhead.For(TimeSpan.FromMilliseconds(1), roundTrip: null, slots: 0, mostPerSlot: 256));
    }

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(10, 19, 10)]
    [InlineData(10, 20, 20)]
    [InlineData(10, 3, 10)]
    [InlineData(12, 3, 3)]
    [InlineData(10, 0, 0)]
    public void A_wobbling_measurement_does_not_change_the_number(int current, int wanted, int next) => Assert.Equal(next, LookAhead.Next(current, wanted));
}
