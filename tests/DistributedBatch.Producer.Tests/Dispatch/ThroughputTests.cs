using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class ThroughputTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void The_better_of_two_half_seconds_counts_and_older_ones_are_forgotten()
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
    public void A_few_short_chunks_predict_several_more_and_long_ones_none(int settled, int milliseconds, int possible)
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
