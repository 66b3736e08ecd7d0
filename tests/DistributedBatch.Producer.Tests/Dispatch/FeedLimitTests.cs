using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class FeedLimitTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(0, 0, 8)]
    [InlineData(100, 0, 200)]
    [InlineData(100, 30, 230)]
    [InlineData(2, 1_500, 1_504)]
    [InlineData(2, 900_000, 4_000)]
    public void Slots_and_short_chunks_raise_the_limit(int slots, int recent, int limit) => Assert.Equal(limit, DispatchLimit.Of(slots, recent));

    [Theory]
    [InlineData(1, 0, 3)]
    [InlineData(8, 0, 24)]
    [InlineData(0, 0, 2)]
    public void A_run_whose_chunks_are_sized_late_has_few_on_their_way(int slots, int recent, int limit) =>
        Assert.Equal(limit, DispatchLimit.OfAutomatic(slots, recent));

    [Fact]
    public void Throughput_counts_the_better_of_two_quarter_seconds_and_forgets()
    {
        var now = DateTimeOffset.UnixEpoch;
        var throughput = new Throughput();
        Add(throughput, 100, Short, now);
        Assert.Equal(100, throughput.Recent(now));

        now += Throughput.Period;
        Add(throughput, 30, Short, now);
        Assert.Equal(100, throughput.Recent(now));

        now += Throughput.Period;
        Assert.Equal(30, throughput.Recent(now));
        Assert.Equal(0, throughput.Recent(now + (3 * Throughput.Period)));
    }

    [Theory]
    [InlineData(0, 20, 0)]
    [InlineData(1, 20, 8)]
    [InlineData(4, 20, 32)]
    [InlineData(8, 20, 50)]
    [InlineData(1, 1000, 1)]
    [InlineData(100, 20, 100)]
    [InlineData(3, 0, 24)]
    public void A_few_short_chunks_tell_how_many_are_possible_and_long_ones_that_no_more_are(int settled, int milliseconds, int possible)
    {
        var now = DateTimeOffset.UnixEpoch;
        var throughput = new Throughput();
        Add(throughput, settled, TimeSpan.FromMilliseconds(milliseconds), now);

        Assert.Equal(possible, throughput.Possible(slots: 2, now));
    }

    private static void Add(Throughput throughput, int chunks, TimeSpan work, DateTimeOffset now)
    {
        for (var n = 0; n < chunks; n++)
            throughput.Add(work, now);
    }
}
