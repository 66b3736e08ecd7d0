using DistributedBatch.Cli.Options;

namespace DistributedBatch.Cli.Tests.Options;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("10s", 10)]
    [InlineData("250ms", 0.25)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("2d", 172_800)]
    [InlineData("0", 0)]
    public void A_duration_has_units(string text, double seconds) => Assert.Equal(seconds, DurationText.Read(text)!.Value.TotalSeconds, 6);

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("60")]
    [InlineData("-5s")]
    [InlineData("5 parsecs")]
    [InlineData("s")]
    [InlineData("99999999999999d")]
    public void Anything_else_is_no_duration(string text) => Assert.Null(DurationText.Read(text));

    [Theory]
    [InlineData(0.0004, "0ms")]
    [InlineData(0.25, "250ms")]
    [InlineData(3.21, "3.2s")]
    [InlineData(42, "42s")]
    [InlineData(125, "2m 05s")]
    [InlineData(5400, "1h 30m")]
    [InlineData(200_000, "2d 07h")]
    public void A_duration_is_shown_with_two_units_at_most(double seconds, string shown) =>
        Assert.Equal(shown, DurationText.Show(TimeSpan.FromSeconds(seconds)));
}
