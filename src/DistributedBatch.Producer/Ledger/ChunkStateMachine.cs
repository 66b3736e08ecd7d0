using DistributedBatch.Producer.Planning;

namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// The steps of a run's chunks from state to state, drawn in <c>docs/lifecycle.md</c>. Every step keeps the table, the ready queue, the chunks in
/// flight and the uncommitted changes in agreement. Why a chunk takes a step is decided elsewhere.
/// </summary>
internal sealed class ChunkStateMachine
{
    private readonly ChunkPlanner planner;
    private readonly ReadyQueue ready = new();
    private readonly Dictionary<int, InFlightChunk> inFlight = [];

    /// <summary>A run without chunks.</summary>
    public ChunkStateMachine(ChunkPlanner planner) => (this.planner, Changes) = (planner, new UncommittedChanges(Table));

    /// <summary>The chunks that were cut.</summary>
    public ChunkTable Table { get; } = new();

    /// <summary>What the next commit writes.</summary>
    public UncommittedChanges Changes { get; }

    /// <summary>The chunks that are being published, queued or running.</summary>
    public IReadOnlyDictionary<int, InFlightChunk> InFlight => inFlight;

    /// <summary>Chunks that are not cut yet; an estimate with automatic sizes.</summary>
    public int Uncut => planner.Uncut;

    /// <summary>When the next retry delay has passed; null when no chunk waits for that.</summary>
    public DateTimeOffset? NextRetry => ready.NextDue;

    /// <summary>Whether a chunk could be dispatched at <paramref name="now"/>.</summary>
    public bool CanDispatch(DateTimeOffset now) => planner.Uncut > 0 || ready.HasReady(now);

    /// <summary>The chunk in flight, or null.</summary>
    public InFlightChunk? FindInFlight(int index) => inFlight.GetValueOrDefault(index);

    /// <summary>Dispatches a chunk that waits in the ready queue.</summary>
    /// <returns>Its index; null when none may go yet.</returns>
    public int? DispatchReady(DateTimeOffset now)
    {
        while (ready.TryTake(now, out var index))
        {
            // A late report may have settled it meanwhile.
            if (!IsWaiting(index.Value))
                continue;
            Launch(index.Value, now);
            Changes.Add(index.Value);
            return index;
        }

        return null;
    }

    /// <summary>Cuts and dispatches the next chunk of the plan.</summary>
    /// <param name="now">The time.</param>
    /// <param name="slots">Slots known, for automatic sizes.</param>
    /// <param name="secondsPerItem">Measured so far, for automatic sizes.</param>
    /// <returns>Its index; null when every item is in a chunk.</returns>
    public int? DispatchNew(DateTimeOffset now, int slots, double? secondsPerItem)
    {
        if (planner.Cut(slots, secondsPerItem) is not { } range)
            return null;
        Table.Add(range, ChunkState.Pending);
        Launch(range.Index, now);
        if (planner.IsFixed)
            Changes.Postpone(range.Index, now);
        else
            Changes.Add(range.Index);
        return range.Index;
    }

    /// <summary>
    /// Adds chunks that an earlier producer cut and did not write, up to <paramref name="count"/>. Only a fixed plan can tell which they were.
    /// </summary>
    /// <param name="count">How many chunks there are afterwards, at most.</param>
    /// <param name="attempts">Attempts they are known to have had.</param>
    public void CutUpTo(int count, int attempts)
    {
        while (Table.Count < count && planner.IsFixed && planner.Cut(0, null) is { } range)
        {
            Table.Add(range, ChunkState.Pending).Attempts = attempts;
            Changes.Add(range.Index);
            ready.Add(range.Index, due: null);
        }
    }

    /// <summary>Takes back a stored chunk, in index order.</summary>
    /// <returns>Whether the row says that the chunk was in flight; then it is in flight again.</returns>
    public bool Restore(in ChunkRow row, DateTimeOffset now)
    {
        // The rows of those in between were postponed during their first attempt.
        CutUpTo(row.Chunk.Index, attempts: 1);
        planner.Continue(row.Chunk);
        ref var chunk = ref Table.Add(row.Chunk, row.State);
        chunk.Attempts = row.Attempts;
        chunk.Failures = (ushort)row.Failures;
        chunk.Crashes = (byte)row.Crashes;
        // No delay is longer; a later time means that the clock was set back.
        if (row.State == ChunkState.Pending)
            ready.Add(row.Chunk.Index, row.NotBefore is { } due && due > now + RetryPolicy.Longest ? now : row.NotBefore);
        if (row.State is not (ChunkState.Queued or ChunkState.Running))
            return false;
        inFlight[row.Chunk.Index] = new InFlightChunk
        {
            FirstAttempt = Math.Max(1, row.Attempts),
            DispatchedAt = now,
            Host = row.Host,
            Leased = row.Leased,
        };
        return true;
    }

    /// <summary>The queue confirmed a chunk.</summary>
    public void Confirm(int index)
    {
        inFlight[index].Publishing = false;
        Table.Move(index, ChunkState.Queued);
        if (!Table[index].Postponed)
            Changes.Add(index);
    }

    /// <summary>The queue did not confirm a chunk; it may go again at <paramref name="retryAt"/>.</summary>
    public void Unconfirm(int index, DateTimeOffset retryAt)
    {
        inFlight.Remove(index);
        Changes.Add(index);
        ready.Add(index, retryAt);
    }

    /// <summary>A host runs the chunk.</summary>
    public void Start(int index, InFlightChunk chunk, string host)
    {
        chunk.Host = host;
        chunk.Publishing = false;
        Move(index, ChunkState.Running);
    }

    /// <summary>The chunk waits for another attempt, which may start at <paramref name="due"/> (null: at once).</summary>
    public void Requeue(int index, DateTimeOffset? due)
    {
        inFlight.Remove(index);
        Move(index, ChunkState.Pending);
        ready.Add(index, due);
    }

    /// <summary>The chunk reaches a final state.</summary>
    public void End(int index, ChunkState state)
    {
        inFlight.Remove(index);
        Move(index, state);
    }

    /// <summary>Cancels the chunks that wait or are in flight. With <paramref name="keepRunning"/> those that run may still report.</summary>
    public void CancelAll(bool keepRunning)
    {
        foreach (var index in ready.Clear())
        {
            if (IsWaiting(index))
                End(index, ChunkState.Cancelled);
        }

        foreach (var index in inFlight.Keys.ToArray())
        {
            if (!keepRunning || Table[index].State != ChunkState.Running)
                End(index, ChunkState.Cancelled);
        }
    }

    /// <summary>Gives failed and cancelled chunks all their attempts again.</summary>
    public void RetryAll()
    {
        for (var index = 0; index < Table.Count; index++)
        {
            ref var chunk = ref Table[index];
            if (chunk.State is not (ChunkState.Failed or ChunkState.Cancelled))
                continue;
            (chunk.Failures, chunk.Crashes) = (0, 0);
            Move(index, ChunkState.Pending);
            ready.Add(index, due: null);
        }
    }

    /// <summary>A chunk as the store keeps it.</summary>
    public ChunkRow RowOf(int index, long revision)
    {
        ref var chunk = ref Table[index];
        var flight = FindInFlight(index);
        return new ChunkRow(
            Table.RangeOf(index),
            chunk.State,
            chunk.Attempts,
            chunk.Failures,
            chunk.Crashes,
            revision,
            ready.NotBefore(index),
            flight?.Host,
            flight?.Leased ?? false);
    }

    private bool IsWaiting(int index) => Table[index].State == ChunkState.Pending && !inFlight.ContainsKey(index);

    private void Launch(int index, DateTimeOffset now) =>
        inFlight[index] = new InFlightChunk { FirstAttempt = ++Table[index].Attempts, DispatchedAt = now, Publishing = true };

    private void Move(int index, ChunkState to)
    {
        Table.Move(index, to);
        Changes.Add(index);
    }
}
