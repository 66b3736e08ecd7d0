using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Tests.Text;

public sealed class SignalTextTests
{
    [Fact]
    public void A_signal_has_a_name_and_a_usual_cause()
    {
        Assert.Equal("SIGKILL", SignalText.Name(9));
        Assert.Equal("SIGSEGV, a crash in native code", SignalText.WithCause(11));
        Assert.Null(SignalText.Name(40));
    }

    [Theory]
    [InlineData(137, "SIGKILL")]
    [InlineData(139, "SIGSEGV")]
    [InlineData(1, null)]
    [InlineData(255, null)]
    public void The_exit_code_of_a_shell_may_stand_for_a_signal(int exitCode, string? name) => Assert.Equal(name, SignalText.OfExitCode(exitCode));
}
