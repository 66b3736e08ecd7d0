using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Tests.Text;

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
    public void Other_text_is_not_a_duration(string text) => Assert.Null(DurationText.Read(text));

    [Theory]
    [InlineData(0.0004, "0 ms")]
    [InlineData(0.25, "250 ms")]
    [InlineData(3.21, "3.2 s")]
    [InlineData(42, "42 s")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(5400, "1 h 30 min")]
    [InlineData(200_000, "2 d 7 h")]
    public void A_duration_is_shown_with_two_units_at_most(double seconds, string shown) =>
        Assert.Equal(shown, DurationText.Show(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0.2, "0 s")]
    [InlineData(8.6, "9 s")]
    [InlineData(512, "9 min")]
    [InlineData(6000, "1 h 40 min")]
    [InlineData(10_600, "3 h")]
    [InlineData(50_000, "14 h")]
    [InlineData(1_000_000, "12 d")]
    public void An_estimate_is_shown_in_round_numbers(double seconds, string shown) =>
        Assert.Equal(shown, DurationText.Round(TimeSpan.FromSeconds(seconds)));
}
