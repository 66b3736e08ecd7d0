using DistributedBatch.Producer.Planning;

namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// The truth about one run: its chunks, their states, and what may happen next. A state machine without clock, disk or wire: every step is given the
/// time, and <see cref="TakeChanges"/> hands what changed to the store.
/// </summary>
internal sealed class RunLedger
{
    // A reservation costs a commit, so a large run reserves many numbers at once. After a crash the attempts of reserved chunks begin at 2.
    private const int MaxReservation = 1000;

    private readonly RunLimits limits;
    private readonly ChunkStateMachine chunks;
    private readonly RunStateMachine run;
    private readonly Settlement settlement;
    private int reserved;

    /// <summary>The ledger of a run that was just accepted.</summary>
    /// <param name="limits">The run's limits.</param>
    /// <param name="now">A run without items is settled at once.</param>
    /// <param name="random">Numbers between 0 and 1 for jitter.</param>
    public RunLedger(RunLimits limits, DateTimeOffset now, Func<double> random)
        : this(limits, LedgerState.New, random)
    {
        chunks.Changes.AddRun();
        run.FinishIfSettled(now);
    }

    private RunLedger(RunLimits limits, LedgerState stored, Func<double> random)
    {
        this.limits = limits;
        chunks = new ChunkStateMachine(new ChunkPlanner(limits.First, limits.Total, limits.ChunkSize));
        run = new RunStateMachine(limits, chunks, stored);
        settlement = new Settlement(limits, chunks, run, random);
        Revision = stored.Revision;
        reserved = stored.Reserved;
    }

    /// <summary>The run's state.</summary>
    public RunState State => run.State;

    /// <summary>Why it is in that state; null where that is plain.</summary>
    public string? Reason => run.Reason;

    /// <summary>When the last chunk was settled; null before that. A cancelled run still waits for its running attempts.</summary>
    public DateTimeOffset? FinishedAt => run.FinishedAt;

    /// <summary>Revision of the last <see cref="TakeChanges"/>.</summary>
    public long Revision { get; private set; }

    /// <summary>Items in succeeded chunks.</summary>
    public long ItemsSucceeded => settlement.ItemsSucceeded;

    /// <summary>Chunks by state.</summary>
    public ChunkCounts Counts => chunks.Table.States.Counts(chunks.Uncut, State == RunState.Cancelled);

    /// <summary>Chunks that were dispatched and whose attempt has not ended; what the window bounds.</summary>
    public int Outstanding => chunks.InFlight.Count;

    /// <summary>Whether chunk sizes are known without their rows; a chunk of any other plan is committed before it is published.</summary>
    public bool HasFixedPlan => limits.ChunkSize is not null;

    /// <summary>
    /// When time alone changes something: a retry delay passes, a postponed row is due, or a cancel stops waiting. Null when it does not.
    /// </summary>
    public DateTimeOffset? NextDue => State == RunState.Cancelled ? run.CancelDeadline
        : chunks.Changes.NextDue is not { } row || chunks.NextRetry <= row ? chunks.NextRetry
        : row;

    /// <summary>Whether there is something to commit.</summary>
    public bool HasChanges => chunks.Changes.Any;

    /// <summary>The chunks in flight, for the detection of lost ones.</summary>
    public IEnumerable<(int Index, ChunkState State, InFlightChunk Chunk)> InFlight =>
        chunks.InFlight.Select(pair => (pair.Key, chunks.Table[pair.Key].State, pair.Value));

    /// <summary>The chunk in flight; null when it is not.</summary>
    public InFlightChunk? FindInFlight(int index) => chunks.FindInFlight(index);

    /// <summary>Whether a chunk was cut and is in a final state.</summary>
    public bool IsSettled(int index) => index >= 0 && index < chunks.Table.Count && chunks.Table[index].State.IsFinal();

    /// <summary>Whether a chunk could be dispatched at <paramref name="now"/>.</summary>
    public bool CanDispatch(DateTimeOffset now) => State == RunState.Running && chunks.CanDispatch(now);

    /// <summary>Hands out the next chunk: one that waits for another attempt before a new one.</summary>
    /// <param name="now">The time.</param>
    /// <param name="slots">Slots known, for automatic sizes.</param>
    /// <param name="dispatched">The chunk, which is in flight from now on.</param>
    public bool TryDispatch(DateTimeOffset now, int slots, out DispatchedChunk dispatched)
    {
        dispatched = default;
        if (State != RunState.Running)
            return false;
        var ready = chunks.DispatchReady(now);
        if ((ready ?? chunks.DispatchNew(now, slots, settlement.Speed.SecondsPerItem)) is not { } index)
            return false;
        ref var chunk = ref chunks.Table[index];
        dispatched = new DispatchedChunk(
            RangeOf(index), chunk.Attempts, Math.Max(1, limits.CrashLimit - chunk.Crashes), chunk.Crashes, chunk.ConfirmStart, IsNew: ready is null);
        return true;
    }

    /// <summary>
    /// Prepares a dispatched chunk for its publication: the store must know that the number of its attempt may be in use, or a producer that is killed would use the number
    /// twice.
    /// </summary>
    /// <returns>Whether the changes must be committed before the chunk is published.</returns>
    public bool Reserve(in DispatchedChunk dispatched)
    {
        if (!dispatched.IsNew || !HasFixedPlan)
            return true;
        var index = dispatched.Chunk.Index;
        if (index < reserved)
            return false;
        reserved = index + Math.Clamp(index, LedgerState.FirstReservation, MaxReservation);
        chunks.Changes.AddRun();
        return true;
    }

    /// <summary>The queue confirmed a chunk.</summary>
    public void Confirm(int index, int attempt)
    {
        if (IsPublishing(index, attempt))
            chunks.Confirm(index);
    }

    /// <summary>The queue did not confirm a chunk; it may go again at <paramref name="retryAt"/>.</summary>
    public void Unconfirm(int index, int attempt, DateTimeOffset retryAt)
    {
        if (IsPublishing(index, attempt))
            chunks.Unconfirm(index, retryAt);
    }

    /// <inheritdoc cref="Settlement.Settle"/>
    public SettleResult Settle(AttemptReport report, DateTimeOffset now) => settlement.Settle(report, now);

    /// <inheritdoc cref="Settlement.Lease"/>
    public void Lease(LeaseTaken lease) => settlement.Lease(lease);

    /// <inheritdoc cref="Settlement.Claim"/>
    public void Claim(int index, int attempt, string host) => settlement.Claim(index, attempt, host);

    /// <inheritdoc cref="Settlement.Return"/>
    public void Return(ReturnedChunk returned, string host, DateTimeOffset now) => settlement.Return(returned, host, now);

    /// <inheritdoc cref="Settlement.DeadLetter"/>
    public SettleResult DeadLetter(int index, int attempt, string? host, DateTimeOffset now) => settlement.DeadLetter(index, attempt, host, now);

    /// <inheritdoc cref="Settlement.LoseHost"/>
    public SettleResult LoseHost(int index, DateTimeOffset now) => settlement.LoseHost(index, now);

    /// <inheritdoc cref="Settlement.Requeue"/>
    public void Requeue(int index) => settlement.Requeue(index);

    /// <inheritdoc cref="RunStateMachine.Apply"/>
    public string? Apply(RunAction action, DateTimeOffset now) => run.Apply(action, now);

    /// <inheritdoc cref="RunStateMachine.CheckDeadline"/>
    public void CheckDeadline(DateTimeOffset now) => run.CheckDeadline(now);

    /// <summary>The items of a chunk that was cut.</summary>
    public ChunkRange RangeOf(int index) => chunks.Table.RangeOf(index);

    /// <summary>The run as a whole.</summary>
    public LedgerState Snapshot() => new(Revision, State, Counts, ItemsSucceeded, FinishedAt, Reason, reserved);

    /// <summary>Adds the postponed rows that are due to the changes; all of them when the run does not run, or at the maximum time.</summary>
    public void AddDueChanges(DateTimeOffset now)
    {
        var all = State != RunState.Running || now == DateTimeOffset.MaxValue;
        chunks.Changes.AddDue(all ? DateTimeOffset.MaxValue : now);
        if (!all || reserved <= chunks.Table.Count)
            return;

        // Every published chunk has its row now.
        reserved = chunks.Table.Count;
        chunks.Changes.AddRun();
    }

    /// <summary>What changed since the last call, under a new revision.</summary>
    public LedgerChanges TakeChanges()
    {
        Revision++;
        return new LedgerChanges(Snapshot(), chunks.Changes.Take(index => chunks.RowOf(index, Revision)));
    }

    /// <summary>
    /// Starts to rebuild a stored run. <see cref="RestoreChunk"/> follows for every stored chunk, then <see cref="FinishRestore"/>.
    /// </summary>
    public static RunLedger Restore(RunLimits limits, LedgerState stored, Func<double> random) => new(limits, stored, random);

    /// <summary>Takes back one stored chunk, in index order.</summary>
    /// <param name="row">The chunk.</param>
    /// <param name="queueSurvived">Whether queued and running chunks are still with the broker; if not, they are dispatched again.</param>
    /// <param name="now">The time.</param>
    public void RestoreChunk(in ChunkRow row, bool queueSurvived, DateTimeOffset now)
    {
        if (chunks.Restore(row, now) && !queueSurvived)
            settlement.Requeue(row.Chunk.Index);
        if (row.State == ChunkState.Succeeded)
            settlement.RestoreSuccess(row.Chunk);
    }

    /// <summary>Adds a success that another service recorded before this ledger did. Nothing changes when the ledger has it, or does not know the chunk.</summary>
    public void RestoreSuccess(int index, int attempt, string host, TimeSpan duration, DateTimeOffset now)
    {
        if (State != RunState.Cancelled)
            chunks.CutUpTo(index + 1, attempts: 0);
        if (index < 0 || index >= chunks.Table.Count)
            return;
        var range = RangeOf(index);
        settlement.Settle(
            new AttemptReport
            {
                Run = default,
                Index = index,
                Start = range.Start,
                Count = range.Count,
                Attempt = attempt,
                Host = host,
                Slot = 0,
                StartedAt = now - duration,
                Duration = duration,
                Outcome = AttemptOutcome.Succeeded,
            },
            now);
    }

    /// <summary>Every stored chunk is back.</summary>
    public void FinishRestore(DateTimeOffset now)
    {
        if (FinishedAt is null && State != RunState.Cancelled)
            chunks.CutUpTo(reserved, attempts: 1);
        run.RestartDeadline(now);
        run.FinishIfSettled(now);
    }

    private bool IsPublishing(int index, int attempt) =>
        chunks.FindInFlight(index) is { Publishing: true } flight && flight.FirstAttempt == attempt;
}
