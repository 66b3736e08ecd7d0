using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A user pauses, resumes, cancels or retries a run. A run that is not active is read from the store first.</summary>
internal sealed class ChangeRunHandler(RunRegistry runs) : LoopHandler<ChangeRun>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(ChangeRun message, DateTimeOffset now, CancellationToken cancellation)
    {
        if (await runs.ActivateAsync(message.Run, now, cancellation) is not { } run)
            return RunCommandResult.Refused($"There is no run {message.Run}.");
        return run.Ledger.Apply(message.Action, now) is { } refusal
            ? RunCommandResult.Refused($"Run {run.Id} ({run.Spec.Name}) {refusal}.")
            : RunCommandResult.Done(run.Id);
    }
}
