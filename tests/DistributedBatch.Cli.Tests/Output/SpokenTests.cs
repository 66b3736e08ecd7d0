using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Cli.Tests.Output;

public sealed class SpokenTests
{
    [Fact]
    public void The_last_line_is_the_last_with_something_on_it_and_cannot_steer_a_terminal()
    {
        Assert.Equal("ValueError: no", HumanText.LastLine("Traceback\nValueError: no\n\n", 80));
        Assert.Equal("␛[2Jgone", HumanText.LastLine("\e[2Jgone", 80));
        Assert.Equal("abc…", HumanText.LastLine("abcdefgh", 4));
        Assert.Equal("", HumanText.LastLine(null, 80));
    }

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.001, "0.0010")]
    [InlineData(3.456, "3.46")]
    [InlineData(34.56, "34.6")]
    [InlineData(12_345.6, "12,346")]
    public void A_rate_has_as_many_digits_as_mean_something(double? rate, string shown) => Assert.Equal(shown, HumanText.Rate(rate));

    [Fact]
    public void An_estimate_is_a_range_unless_both_ends_are_the_same()
    {
        Assert.Equal("2m 05s to 3m 10s", HumanText.Eta(new EtaRange(125, 190)));
        Assert.Equal("10s", HumanText.Eta(new EtaRange(10, 10.1)));
        Assert.Equal("-", HumanText.Eta(null));
    }
}
