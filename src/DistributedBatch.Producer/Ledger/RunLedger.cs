using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Planning;

namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// The truth about one run: which chunks there are, where each stands, and what may happen next. A state machine without clock, disk or wire; every
/// step is given the time and leaves its traces for <see cref="TakeChanges"/>. Drawn in <c>docs/lifecycle.md</c>.
/// </summary>
internal sealed partial class RunLedger
{
    private readonly RunLimits terms;
    private readonly Func<double> chance;
    private readonly ChunkPlanner planner;
    private readonly ItemSpeed speed = new();
    private readonly ChunkTable table = new();
    private readonly StateCounts tally = new();
    private readonly ReadyQueue line = new();
    private readonly Dictionary<int, InFlightChunk> flights = [];
    private readonly List<int> changed = [];
    private readonly Queue<int> unwritten = new();
    private bool runChanged;
    private int publishing;
    private DateTimeOffset? cancelDeadline;

    /// <summary>Opens the books of a run that has no chunks yet.</summary>
    /// <param name="terms">The run's limits.</param>
    /// <param name="now">A run without items is settled at once.</param>
    /// <param name="chance">Numbers between 0 and 1 for jitter.</param>
    public RunLedger(RunLimits terms, DateTimeOffset now, Func<double> chance)
        : this(terms, LedgerState.New, chance)
    {
        runChanged = true;
        Conclude(now);
    }

    private RunLedger(RunLimits terms, LedgerState state, Func<double> chance)
    {
        this.terms = terms;
        this.chance = chance;
        planner = new ChunkPlanner(terms.First, terms.Total, terms.ChunkSize);
        (Revision, State, _, _, FinishedAt, Reason) = state;
    }

    /// <summary>Where the run stands.</summary>
    public RunState State { get; private set; }

    /// <summary>Why, where that needs a word.</summary>
    public string? Reason { get; private set; }

    /// <summary>When the last chunk was settled; null while one is not. A cancelled run still waits for its running attempts.</summary>
    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>Revision of the last <see cref="TakeChanges"/>.</summary>
    public long Revision { get; private set; }

    /// <summary>Items in succeeded chunks.</summary>
    public long ItemsSucceeded { get; private set; }

    /// <summary>Chunks by state.</summary>
    public ChunkCounts Counts => tally.Counts(planner.Uncut, State == RunState.Cancelled);

    /// <summary>Chunks given to the queue and not settled; what the window bounds.</summary>
    public int Outstanding => tally[ChunkState.Queued] + tally[ChunkState.Running] + publishing;

    /// <summary>Whether chunk sizes are known without having been written down; a cut of another kind is committed before it is published.</summary>
    public bool HasFixedPlan => planner.IsFixed;

    /// <summary>
    /// When time alone changes something: a retry delay passes, a chunk has been under way long enough to be written down, or a cancelled run stops waiting.
    /// Null when it does not.
    /// </summary>
    public DateTimeOffset? NextDue => State == RunState.Cancelled ? cancelDeadline
        : NextWriteDown is not { } writeDown || line.NextDue <= writeDown ? line.NextDue
        : writeDown;

    /// <summary>Whether there is a chunk that could be fed at <paramref name="now"/>.</summary>
    public bool HasWork(DateTimeOffset now) => State == RunState.Running && (planner.Uncut > 0 || line.HasReady(now));

    /// <summary>Hands out the next chunk: one that comes back before one that is new.</summary>
    /// <param name="now">The time.</param>
    /// <param name="slots">Slots known, for automatic sizes.</param>
    /// <param name="feed">The chunk, which counts as outstanding from now on.</param>
    public bool TryFeed(DateTimeOffset now, int slots, out DispatchedChunk feed)
    {
        feed = default;
        if (State != RunState.Running)
            return false;
        while (line.TryTake(now, out var waiting))
        {
            ref var chunk = ref table[waiting.Value];
            if (chunk.State == ChunkState.Pending && !chunk.Publishing)
            {
                feed = Launch(waiting.Value, ref chunk, now, isNew: false);
                return true;
            }
        }

        if (planner.Cut(slots, speed.SecondsPerItem) is not { } cut)
            return false;
        feed = Launch(cut.Index, ref Enter(cut), now, isNew: true);
        return true;
    }

    /// <summary>The queue confirmed a chunk.</summary>
    public void Published(int index, int attempt)
    {
        if (!IsPublishing(index, attempt))
            return;
        ref var chunk = ref table[index];
        Land(ref chunk);
        Place(ref chunk, ChunkState.Queued);
        if (!chunk.Unwritten)
            Mark(index, ref chunk);
    }

    /// <summary>The queue did not take a chunk; it may go again at <paramref name="retryAt"/>.</summary>
    public void Unpublished(int index, int attempt, DateTimeOffset retryAt)
    {
        if (!IsPublishing(index, attempt))
            return;
        ref var chunk = ref table[index];
        Land(ref chunk);
        Mark(index, ref chunk);
        flights.Remove(index);
        line.Add(index, retryAt);
    }

    private DispatchedChunk Launch(int index, ref PackedChunk chunk, DateTimeOffset now, bool isNew)
    {
        chunk.Attempts++;
        chunk.Publishing = true;
        publishing++;
        flights[index] = new InFlightChunk { FirstAttempt = chunk.Attempts, FedAt = now };
        if (isNew && planner.IsFixed)
            Postpone(index, ref chunk);
        else
            Mark(index, ref chunk);
        return new DispatchedChunk(RangeOf(index), chunk.Attempts, Math.Max(1, terms.CrashLimit - chunk.Crashes), chunk.Crashes, isNew);
    }

    private ref PackedChunk Enter(ChunkRange cut)
    {
        ref var chunk = ref table.Add(cut.Start);
        tally.Add(ChunkState.Pending);
        return ref chunk;
    }

    // Chunks that an earlier producer cut and did not write down, with the attempts they are known to have had. They line up to be fed.
    private void CutUpTo(int index, int attempts)
    {
        while (table.Count < index && planner.IsFixed && planner.Cut(0, null) is { } cut)
        {
            ref var chunk = ref Enter(cut);
            chunk.Attempts = attempts;
            Mark(cut.Index, ref chunk);
            line.Add(cut.Index);
        }
    }

    private bool IsPublishing(int index, int attempt) =>
        index < table.Count && table[index].Publishing && flights.TryGetValue(index, out var flight) && flight.FirstAttempt == attempt;

    private void Land(ref PackedChunk chunk)
    {
        if (!chunk.Publishing)
            return;
        chunk.Publishing = false;
        publishing--;
    }

    private void Move(int index, ref PackedChunk chunk, ChunkState to)
    {
        Place(ref chunk, to);
        Mark(index, ref chunk);
    }

    private void Place(ref PackedChunk chunk, ChunkState to)
    {
        tally.Move(chunk.State, to);
        chunk.State = to;
    }

    private void Mark(int index, ref PackedChunk chunk)
    {
        chunk.Unwritten = false;
        if (chunk.Changed)
            return;
        chunk.Changed = true;
        changed.Add(index);
    }

    /// <summary>The items of a chunk that was cut.</summary>
    public ChunkRange RangeOf(int index)
    {
        var start = table[index].Start;
        var end = index + 1 < table.Count ? table[index + 1].Start : planner.Cursor;
        return new ChunkRange(index, start, end - start);
    }

    private void Conclude(DateTimeOffset now)
    {
        var open = tally[ChunkState.Pending] + tally[ChunkState.Queued] + tally[ChunkState.Running];
        if (FinishedAt is not null || open > 0)
            return;
        if (State != RunState.Cancelled)
        {
            if (planner.Uncut > 0)
                return;
            State = tally[ChunkState.Failed] > 0 ? RunState.Failed : RunState.Succeeded;
        }

        FinishedAt = now;
        runChanged = true;
    }
}
