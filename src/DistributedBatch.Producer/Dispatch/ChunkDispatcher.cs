using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// Publishes the next chunks to the queue. A confirmation that does not come at once arrives at the loop as <see cref="ChunkConfirmed"/>.
/// </summary>
internal sealed partial class ChunkDispatcher(
    RunRegistry runs,
    HostRegistry hosts,
    ChunkSelector selector,
    GroupCommit commit,
    IChunkPublisher publisher,
    LoopInbox inbox,
    TimeProvider time,
    ILogger<ChunkDispatcher> log)
{
    private static readonly string[] Classes = [ResourceClass.Cpu, ResourceClass.Gpu];

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly List<(ActiveRun Run, DispatchedChunk Chunk)> selected = [];
    private readonly Dictionary<string, Throughput> throughput = Classes.ToDictionary(name => name, _ => new Throughput());

    /// <summary>Published chunks whose confirmation has not arrived at the loop.</summary>
    public int Unconfirmed { get; private set; }

    /// <summary>Records that an attempt ended after <paramref name="duration"/>.</summary>
    public void RecordEnd(ActiveRun run, TimeSpan duration, DateTimeOffset now) => throughput[run.ResourceClass].Add(duration, now);

    /// <summary>Dispatches as many chunks as there is room for.</summary>
    /// <returns>False when the round was full and there may be more.</returns>
    public async ValueTask<bool> DispatchAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        selected.Clear();
        foreach (var resourceClass in Classes)
            selector.Select(runs.Active, resourceClass, hosts.Slots(resourceClass), throughput[resourceClass], now, selected);
        var mustCommit = false;
        foreach (var (run, chunk) in selected)
            mustCommit |= run.Ledger.Reserve(chunk);
        if (mustCommit)
            await commit.CommitAsync(now, cancellation);
        foreach (var (run, chunk) in selected)
            await PublishAsync(run, chunk, now, cancellation);
        return selected.Count < ChunkSelector.MaxPerRound;
    }

    /// <summary>Handles a confirmation that did not come at once.</summary>
    public void HandleConfirmation(ChunkConfirmed confirmed, DateTimeOffset now)
    {
        Unconfirmed--;
        if (runs.Find(confirmed.Run) is not { } run)
            return;
        if (confirmed.Failure is { } failure)
            Unconfirm(run, confirmed.Index, confirmed.Attempt, failure, now);
        else
            run.Ledger.Confirm(confirmed.Index, confirmed.Attempt);
    }

    private async ValueTask PublishAsync(ActiveRun run, DispatchedChunk dispatched, DateTimeOffset now, CancellationToken cancellation)
    {
        using var trace = RunTrace.Dispatch(run, dispatched);
        RunChunk message;
        try
        {
            message = await run.MessageAsync(dispatched, RunTrace.ContextOf(trace, run.Spec), cancellation);
        }
        catch (Exception unreadable) when (!cancellation.IsCancellationRequested)
        {
            Unconfirm(run, dispatched.Chunk.Index, dispatched.Attempt, unreadable.Message, now);
            return;
        }

        var confirmation = publisher.PublishAsync(message, cancellation);
        if (confirmation.IsCompletedSuccessfully)
        {
            run.Ledger.Confirm(dispatched.Chunk.Index, dispatched.Attempt);
            return;
        }

        Unconfirmed++;
        _ = PostConfirmationAsync(run, dispatched, confirmation);
    }

    private async Task PostConfirmationAsync(ActiveRun run, DispatchedChunk dispatched, ValueTask confirmation)
    {
        string? failure = null;
        try
        {
            await confirmation;
        }
        catch (ChunkTooLargeException tooLarge)
        {
            // First, so that the chunk is settled when its confirmation is handled.
            inbox.Post(new ChunkDead(run.Id, dispatched.Chunk.Index, dispatched.Attempt, tooLarge.Message, time.GetUtcNow()));
        }
        catch (Exception unconfirmed)
        {
            failure = unconfirmed.Message;
        }

        inbox.Post(new ChunkConfirmed(run.Id, dispatched.Chunk.Index, dispatched.Attempt, failure));
    }

    private void Unconfirm(ActiveRun run, int index, int attempt, string failure, DateTimeOffset now)
    {
        LogNotConfirmed(run.Id, index, failure);
        run.Ledger.Unconfirm(index, attempt, now + RetryDelay);
    }

    [LoggerMessage(2003, LogLevel.Warning, "Chunk {Index} of run {Run} was not published: {Failure} The next try is in 1 s.")]
    private partial void LogNotConfirmed(RunId run, int index, string failure);
}
