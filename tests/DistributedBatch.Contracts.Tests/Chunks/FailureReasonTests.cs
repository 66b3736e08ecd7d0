using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Contracts.Tests.Chunks;

public sealed class FailureReasonTests
{
    private const string Noise = "epoch 3 done\n";

    [Theory]
    [InlineData(AttemptOutcome.ExitCode, 1, "ValueError: no\n", "The program ended with exit code 1.", "ValueError: no")]
    [InlineData(AttemptOutcome.ExitCode, 3, "", "The program ended with exit code 3.", null)]
    [InlineData(AttemptOutcome.ExitCode, 0, Noise, "The result is not JSON: 'x' is invalid.", "The result is not JSON: 'x' is invalid.")]
    [InlineData(AttemptOutcome.Signal, null, Noise, "The program was ended by signal 9.", null)]
    [InlineData(AttemptOutcome.Timeout, null, Noise, "The program ran longer than its limit of 5 s.", "The program ran longer than its limit of 5 s.")]
    [InlineData(AttemptOutcome.OutOfMemory, null, Noise, "Memory ran out on box.", "Memory ran out on box.")]
    [InlineData(AttemptOutcome.NotStarted, null, null, "There is no program 'x'.", "There is no program 'x'.")]
    [InlineData(AttemptOutcome.Succeeded, 0, Noise, null, null)]
    public void The_reason_comes_from_whoever_knows_it(AttemptOutcome outcome, int? exitCode, string? stderr, string? error, string? reason) =>
        Assert.Equal(reason, FailureReason.Of(outcome, exitCode, stderr, error));
}
