using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Cli.Tests.Output;

public sealed class HumanTextTests
{
    [Fact]
    public void The_message_of_a_failure_is_its_reason_without_control_characters_and_cut_to_a_width()
    {
        Assert.Equal("ValueError: no", Message(AttemptOutcome.ExitCode, 1, "Traceback\nValueError: no\n\n"));
        Assert.Equal("␇gone", Message(AttemptOutcome.ExitCode, 1, "\agone"));
        Assert.Equal("abc…", HumanText.FailureMessage(AttemptOutcome.ExitCode, 1, "abcdefgh", null, 4));
        Assert.Equal("", Message(AttemptOutcome.Signal, null, "epoch 3 done\n"));
        Assert.Equal("", Message(AttemptOutcome.ExitCode, 1, null));
    }

    [Fact]
    public void A_signal_has_its_name()
    {
        Assert.Equal("signal 9 (SIGKILL)", HumanText.Outcome(AttemptOutcome.Signal, null, 9));
        Assert.Equal("exit code 137 (SIGKILL)", HumanText.Outcome(AttemptOutcome.ExitCode, 137, null));
        Assert.Equal("exit code 3", HumanText.Outcome(AttemptOutcome.ExitCode, 3, null));
        Assert.Equal("timeout", HumanText.Outcome(AttemptOutcome.Timeout, null, null));
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

    private static string Message(AttemptOutcome outcome, int? exitCode, string? stderr) =>
        HumanText.FailureMessage(outcome, exitCode, stderr, "The program ended.", 80);
}
