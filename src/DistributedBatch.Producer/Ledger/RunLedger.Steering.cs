using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Producer.Ledger;

/// <content>What users do to a run.</content>
internal sealed partial class RunLedger
{
    /// <summary>Does what a user asked for. Asking for what is already so is no mistake.</summary>
    /// <returns>Null when done, else why not: the end of a sentence that starts with the run.</returns>
    public string? Change(RunAction action, DateTimeOffset now)
    {
        switch (action)
        {
            case RunAction.Cancel when State == RunState.Cancelled:
                return null;
            case RunAction.Retry when FinishedAt is null:
                return State == RunState.Cancelled
                    ? "is still stopping its attempts; try again in a moment"
                    : "is not settled yet; failed chunks can be retried when it is";
            case RunAction.Retry:
                return Retry();
            case not RunAction.Retry when State.IsSettled():
                return $"is over ({State.ToText()}); only 'retry' opens it again";
            case RunAction.Cancel:
                Cancel(now, "Cancelled by its user.");
                return null;
            default:
                SetState(action == RunAction.Pause ? RunState.Paused : RunState.Running, null);
                return null;
        }
    }

    /// <summary>Settles what needs no more waiting for: running chunks of a cancelled run whose hosts did not report in time.</summary>
    public void Expire(DateTimeOffset now)
    {
        if (State != RunState.Cancelled || FinishedAt is not null || now < cancelDeadline)
            return;
        foreach (var index in flights.Keys.ToArray())
            End(index, ref table[index], ChunkState.Cancelled);
        Conclude(now);
    }

    private void Cancel(DateTimeOffset now, string reason)
    {
        SetState(RunState.Cancelled, reason);
        cancelDeadline = now + terms.CancelPatience;
        foreach (var index in line.Clear())
        {
            if (table[index] is { State: ChunkState.Pending, Publishing: false })
                End(index, ref table[index], ChunkState.Cancelled);
        }

        foreach (var index in flights.Keys.ToArray())
        {
            if (table[index].State != ChunkState.Running)
                End(index, ref table[index], ChunkState.Cancelled);
        }

        Conclude(now);
    }

    private string? Retry()
    {
        if (State == RunState.Succeeded)
            return "has succeeded; there is nothing to retry";
        for (var index = 0; index < table.Count; index++)
        {
            ref var chunk = ref table[index];
            if (chunk.State is not (ChunkState.Failed or ChunkState.Cancelled))
                continue;
            (chunk.Failures, chunk.Crashes) = (0, 0);
            Move(index, ref chunk, ChunkState.Pending);
            line.Add(index);
        }

        FinishedAt = null;
        cancelDeadline = null;
        SetState(RunState.Running, null);
        return null;
    }

    private void SetState(RunState state, string? reason)
    {
        (State, Reason) = (state, reason);
        runChanged = true;
    }
}
