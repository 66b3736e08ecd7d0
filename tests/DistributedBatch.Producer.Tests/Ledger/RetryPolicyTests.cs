using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Ledger;

public sealed class RetryPolicyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(8, 128)]
    [InlineData(10, 300)]
    [InlineData(5_000, 300)]
    public void The_delay_doubles_up_to_five_minutes(int failure, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Delay(failure, TimeSpan.FromSeconds(1), random: 0.5));

    [Theory]
    [InlineData(0, 7.5)]
    [InlineData(1, 12.5)]
    public void Chance_spreads_the_delay_by_a_quarter(double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Delay(1, TimeSpan.FromSeconds(10), chance));

    [Fact]
    public void No_delay_stays_no_delay() => Assert.Equal(TimeSpan.Zero, RetryPolicy.Delay(9, TimeSpan.Zero, random: 1));
}
