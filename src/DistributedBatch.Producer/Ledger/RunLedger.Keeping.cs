using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Producer.Ledger;

/// <content>Giving changes to the store, and coming back from it.</content>
internal sealed partial class RunLedger
{
    /// <summary>
    /// How long a chunk that was cut by a fixed plan and fed is not written down for that alone: short ones are settled by then, and written down once. A
    /// producer that is killed in between feeds those of this second again; where it is stopped, they are written down first.
    /// </summary>
    private static readonly TimeSpan WriteDownAfter = TimeSpan.FromSeconds(1);

    private DateTimeOffset? NextWriteDown
    {
        get
        {
            while (unwritten.TryPeek(out var index))
            {
                if (table[index].Unwritten)
                    return flights[index].FedAt + WriteDownAfter;
                unwritten.Dequeue();
            }

            return null;
        }
    }

    /// <summary>Lets the next <see cref="TakeChanges"/> have the chunks that were fed too long ago not to be written down; all of a run that does not run.</summary>
    public void WriteDown(DateTimeOffset now)
    {
        while (NextWriteDown is { } due && (due <= now || State != RunState.Running))
        {
            var index = unwritten.Dequeue();
            Mark(index, ref table[index]);
        }
    }

    /// <summary>Whether there is something to commit.</summary>
    public bool HasChanges => runChanged || changed.Count > 0;

    /// <summary>The run as a whole.</summary>
    public LedgerState Snapshot() => new(Revision, State, Counts, ItemsSucceeded, FinishedAt, Reason);

    /// <summary>What changed since the last call, under a new revision.</summary>
    public LedgerChanges TakeChanges()
    {
        Revision++;
        var rows = new ChunkRow[changed.Count];
        for (var at = 0; at < rows.Length; at++)
        {
            ref var chunk = ref table[changed[at]];
            chunk.Changed = false;
            rows[at] = RowOf(changed[at], in chunk);
        }

        changed.Clear();
        runChanged = false;
        return new LedgerChanges(Snapshot(), rows);
    }

    /// <summary>Starts to rebuild the ledger of a stored run; give it every chunk by <see cref="Restore(in ChunkRow, bool, DateTimeOffset)"/>, then <see cref="Restored"/>.</summary>
    public static RunLedger Restoring(RunLimits terms, LedgerState state, Func<double> chance) => new(terms, state, chance);

    /// <summary>Takes back one stored chunk, in index order.</summary>
    /// <param name="row">The chunk.</param>
    /// <param name="queueSurvived">Whether chunks that were queued or running are still with the broker; if not, they are fed again.</param>
    /// <param name="now">The time.</param>
    public void Restore(in ChunkRow row, bool queueSurvived, DateTimeOffset now)
    {
        // Those in between were under way with their first attempt and not written down; only a fixed plan leaves any.
        CutUpTo(row.Chunk.Index, attempts: 1);
        planner.Continue(row.Chunk);
        ref var chunk = ref table.Add(row.Chunk.Start);
        chunk.Attempts = row.Attempts;
        chunk.Failures = (ushort)row.Failures;
        chunk.Crashes = (byte)row.Crashes;
        chunk.State = row.State;
        tally.Add(row.State);
        var index = row.Chunk.Index;
        if (row.State is ChunkState.Queued or ChunkState.Running)
        {
            if (queueSurvived)
                flights[index] = new InFlightChunk { FirstAttempt = Math.Max(1, row.Attempts), FedAt = now, Host = row.Host, Leased = row.Leased };
            else
                Return(index, ref chunk, due: null);
        }
        else if (row.State == ChunkState.Pending)
        {
            if (row.NotBefore is { } due)
                line.Add(index, due);
            else
                line.Add(index);
        }
        else if (row.State == ChunkState.Succeeded)
        {
            ItemsSucceeded += row.Chunk.Count;
        }
    }

    /// <summary>Every stored chunk is back.</summary>
    public void Restored(DateTimeOffset now)
    {
        if (State == RunState.Cancelled && FinishedAt is null)
            cancelDeadline = now + terms.CancelPatience;
        Conclude(now);
    }

    private void Postpone(int index, ref PackedChunk chunk)
    {
        chunk.Unwritten = true;
        unwritten.Enqueue(index);
    }

    private ChunkRow RowOf(int index, in PackedChunk chunk)
    {
        flights.TryGetValue(index, out var flight);
        return new ChunkRow(
            RangeOf(index), chunk.State, chunk.Attempts, chunk.Failures, chunk.Crashes, Revision, line.NotBefore(index), flight?.Host, flight?.Leased ?? false);
    }
}
