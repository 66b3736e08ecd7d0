using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Cli.Tests.Output;

public sealed class HumanTextTests
{
    [Fact]
    public void The_last_line_is_the_last_one_that_is_not_blank_and_has_no_control_characters()
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
    public void A_rate_has_its_significant_digits(double? rate, string shown) => Assert.Equal(shown, HumanText.Rate(rate));

    [Fact]
    public void The_time_left_is_one_round_number_and_a_wide_estimate_says_up_to()
    {
        Assert.Equal("about 3 min", HumanText.Eta(new EtaRange(125, 190)));
        Assert.Equal("up to 9 min", HumanText.Eta(new EtaRange(5.8, 512)));
        Assert.Equal("about 10 s", HumanText.Eta(new EtaRange(10, 10.1)));
        Assert.Equal("-", HumanText.Eta(null));
    }

    [Theory]
    [InlineData(0, "0 chunks")]
    [InlineData(1, "1 chunk")]
    [InlineData(2000, "2,000 chunks")]
    public void A_noun_follows_its_number(long number, string shown) => Assert.Equal(shown, HumanText.Count(number, "chunk"));
}
