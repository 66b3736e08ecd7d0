using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Producer.Ledger;

/// <summary>The state of a run, drawn in <c>docs/lifecycle.md</c>: what users change, what too many failures do, and when it is over.</summary>
/// <param name="limits">Failures it allows, and how long a cancel waits.</param>
/// <param name="chunks">Its chunks.</param>
/// <param name="stored">The run as it was stored.</param>
internal sealed class RunStateMachine(RunLimits limits, ChunkStateMachine chunks, LedgerState stored)
{
    /// <summary>Its state.</summary>
    public RunState State { get; private set; } = stored.State;

    /// <summary>Why it is in that state; null where that is plain.</summary>
    public string? Reason { get; private set; } = stored.Reason;

    /// <summary>When its last chunk was settled; null before that.</summary>
    public DateTimeOffset? FinishedAt { get; private set; } = stored.FinishedAt;

    /// <summary>When a cancelled run stops waiting for its running attempts; null when it was not cancelled.</summary>
    public DateTimeOffset? CancelDeadline { get; private set; }

    /// <summary>Applies what a user asked for. Asking for the present state is no mistake.</summary>
    /// <returns>Null when done, else why not: the end of a sentence that starts with the run.</returns>
    public string? Apply(RunAction action, DateTimeOffset now)
    {
        switch (action)
        {
            case RunAction.Cancel when State == RunState.Cancelled:
                return null;
            case RunAction.Retry when FinishedAt is null:
                return State == RunState.Cancelled
                    ? "is still stopping its attempts; try again in a moment"
                    : "is not settled yet; failed chunks can be retried when it is";
            case RunAction.Retry when State == RunState.Succeeded:
                return "has succeeded; there is nothing to retry";
            case RunAction.Retry:
                chunks.RetryAll();
                FinishedAt = null;
                CancelDeadline = null;
                Enter(RunState.Running, reason: null);
                return null;
            case not RunAction.Retry when State.IsSettled():
                return $"is over ({State.ToText()}); only 'retry' opens it again";
            case RunAction.Cancel:
                Cancel("Cancelled by its user.", now);
                return null;
            default:
                Enter(action == RunAction.Pause ? RunState.Paused : RunState.Running, reason: null);
                return null;
        }
    }

    /// <summary>Cancels the run when more chunks failed than it allows.</summary>
    public void CheckFailures(DateTimeOffset now)
    {
        var failed = chunks.Table.States[ChunkState.Failed];
        if (failed > limits.MaxFailures)
            Cancel($"Cancelled because {failed} chunk{(failed == 1 ? "" : "s")} failed and the limit is {limits.MaxFailures}.", now);
    }

    /// <summary>Cancels the attempts of a cancelled run whose hosts did not report in time.</summary>
    public void CheckDeadline(DateTimeOffset now)
    {
        if (State != RunState.Cancelled || FinishedAt is not null || now < CancelDeadline)
            return;
        chunks.CancelAll(keepRunning: false);
        FinishIfSettled(now);
    }

    /// <summary>A restored run that was cancelled waits once more for its running attempts.</summary>
    public void RestartDeadline(DateTimeOffset now)
    {
        if (State == RunState.Cancelled && FinishedAt is null)
            CancelDeadline = now + limits.CancelTimeout;
    }

    /// <summary>Finishes the run when every chunk is settled.</summary>
    public void FinishIfSettled(DateTimeOffset now)
    {
        var states = chunks.Table.States;
        if (FinishedAt is not null || states[ChunkState.Pending] + states[ChunkState.Queued] + states[ChunkState.Running] > 0)
            return;
        if (State != RunState.Cancelled)
        {
            if (chunks.Uncut > 0)
                return;
            State = states[ChunkState.Failed] > 0 ? RunState.Failed : RunState.Succeeded;
        }

        FinishedAt = now;
        chunks.Changes.AddRun();
    }

    private void Cancel(string reason, DateTimeOffset now)
    {
        Enter(RunState.Cancelled, reason);
        CancelDeadline = now + limits.CancelTimeout;
        chunks.CancelAll(keepRunning: true);
        FinishIfSettled(now);
    }

    private void Enter(RunState state, string? reason)
    {
        (State, Reason) = (state, reason);
        chunks.Changes.AddRun();
    }
}
