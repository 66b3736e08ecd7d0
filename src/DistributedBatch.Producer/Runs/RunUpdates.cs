using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Runs;

/// <summary>Publishes runs as they are in the store: what an earlier producer left unpublished, or everything once more.</summary>
internal sealed class RunUpdates(RunRegistry runs, LedgerStore store, OutboxPublisher outbox, TimeProvider time)
{
    /// <summary>Reads all runs at the start, publishes what is unpublished and, with <paramref name="resume"/>, activates unfinished runs.</summary>
    public async ValueTask LoadAsync(bool resume, CancellationToken cancellation)
    {
        foreach (var run in await store.ReadRunsAsync(only: null, cancellation))
        {
            runs.Overviews[run.Id] = new RunOverview(
                run.Id, run.Spec.Name, run.State.State, run.State.Counts, run.SubmittedAt, run.State.FinishedAt, run.State.Revision);
            if (run.Announced == 0)
                await outbox.PublishAsync(run.ToSubmitted(), cancellation);
            if (resume && run.State.FinishedAt is null)
                await runs.ActivateAsync(run, time.GetUtcNow(), cancellation);
            else if (run.Announced < run.State.Revision)
                runs.Unpublished[run.Id] = run;
            if (run.Announced < run.State.Revision)
                await PublishRestAsync(run, cancellation);
        }
    }

    /// <summary>Publishes all that is stored of a run once more; does nothing when there is no such run.</summary>
    public async ValueTask PublishAgainAsync(RunId id, CancellationToken cancellation)
    {
        if (await store.ReadRunsAsync(id, cancellation) is not [var run])
            return;
        await outbox.PublishAsync(run.ToSubmitted(), cancellation);
        var change = ToChange(run.Id, run.State, run.SubmittedAt, time.GetUtcNow());
        var page = new List<ChunkChange>();
        await foreach (var row in store.ReadChunksAsync(run.Id, cancellation))
        {
            page.Add(row.ToChange());
            if (page.Count < UpdateCoalescer.MaxChunksPerMessage)
                continue;
            await outbox.PublishAsync(change with { Chunks = page }, cancellation);
            page = [];
        }

        await outbox.PublishAsync(change with { Chunks = page }, cancellation);
    }

    /// <summary>The message about a run's state, without its chunks.</summary>
    public static RunChanged ToChange(RunId run, LedgerState state, DateTimeOffset submittedAt, DateTimeOffset now) => new()
    {
        Run = run,
        Revision = state.Revision,
        State = state.State,
        Counts = state.Counts,
        ItemsSucceeded = state.ItemsSucceeded,
        At = now,
        SubmittedAt = submittedAt,
        FinishedAt = state.FinishedAt,
        Reason = state.Reason,
    };

    // One message, which the outbox cuts into pages: the revision counts as published after the last of them.
    private async ValueTask PublishRestAsync(StoredRun run, CancellationToken cancellation)
    {
        var rest = new List<ChunkChange>();
        await foreach (var row in store.ReadChunksAsync(run.Id, cancellation))
        {
            if (row.Revision > run.Announced)
                rest.Add(row.ToChange());
        }

        await outbox.PublishAsync(ToChange(run.Id, run.State, run.SubmittedAt, time.GetUtcNow()) with { Chunks = rest }, cancellation);
    }
}
