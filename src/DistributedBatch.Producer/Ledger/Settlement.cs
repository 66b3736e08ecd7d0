using DistributedBatch.Producer.Planning;

namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// What a report does to its chunk: it starts, succeeds, waits for another attempt, or fails for good. Reports may come late, twice and out of order.
/// </summary>
/// <param name="limits">Retries and the crash limit.</param>
/// <param name="chunks">The chunks.</param>
/// <param name="run">The state of their run.</param>
/// <param name="random">Numbers between 0 and 1 for jitter.</param>
internal sealed class Settlement(RunLimits limits, ChunkStateMachine chunks, RunStateMachine run, Func<double> random)
{
    /// <summary>Items in succeeded chunks.</summary>
    public long ItemsSucceeded { get; private set; }

    /// <summary>How long items take, learned from the chunks that succeeded.</summary>
    public ItemSpeed Speed { get; } = new();

    /// <summary>Counts a stored chunk that had succeeded.</summary>
    public void RestoreSuccess(ChunkRange chunk) => ItemsSucceeded += chunk.Count;

    /// <summary>Settles a host's report on an attempt. The same report twice changes nothing.</summary>
    public SettleResult Settle(AttemptReport report, DateTimeOffset now)
    {
        if (!IsKnown(report))
            return SettleResult.Stale;
        ref var chunk = ref chunks.Table[report.Index];
        var isSuccess = report.Outcome == AttemptOutcome.Succeeded;
        if (BelongsToAnother(report.Index, report.Attempt, report.Host))
            return SettleResult.Stale;
        if (chunk.State.IsFinal())
            return isSuccess && chunk.State == ChunkState.Succeeded ? SettleResult.Duplicate : SettleResult.Stale;
        var result = isSuccess ? Succeed(report)
            : FindAttempt(report.Index, report.Attempt) is { } flight ? Advance(report, flight, now)
            : SettleResult.Stale;
        if (result != SettleResult.Stale && report.Attempt > chunk.Attempts)
            chunk.Attempts = report.Attempt;
        return Conclude(result, now);
    }

    /// <summary>A running attempt lives by its host's heartbeats from now on.</summary>
    public void Lease(LeaseTaken lease)
    {
        if (FindAttempt(lease.Index, lease.Attempt) is not { } flight || BelongsToAnother(lease.Index, lease.Attempt, lease.Host))
            return;
        chunks.Start(lease.Index, flight, lease.Host);
        flight.Leased = true;
        CountAttempt(lease.Index, lease.Attempt);
    }

    /// <summary>A host says that it runs a chunk whose delivery was lost before its start was reported: the chunk stays with that host.</summary>
    public void Claim(int index, int attempt, string host)
    {
        if (FindAttempt(index, attempt) is not { Host: null, DeliveryLostAt: not null } flight)
            return;
        chunks.Start(index, flight, host);
        CountAttempt(index, attempt);
    }

    /// <summary>A chunk that the queue gave up on, or that a host could not read, fails for good.</summary>
    public SettleResult DeadLetter(int index, int attempt, string? host, DateTimeOffset now) =>
        FindAttempt(index, attempt) is null || (host is not null && BelongsToAnother(index, attempt, host)) ? SettleResult.Stale : Conclude(End(index, ChunkState.Failed), now);

    /// <summary>The host of a started attempt is lost, and the broker does not hold the chunk any more.</summary>
    public SettleResult LoseHost(int index, DateTimeOffset now) =>
        chunks.FindInFlight(index) is { } flight ? Conclude(Crash(index, flight, now), now) : SettleResult.Stale;

    /// <summary>
    /// A chunk in flight was lost, but not with a host that reported its start: it waits for another attempt, and this one is not counted. If its delivery was lost it may
    /// have killed a host before the report, so the next start must be confirmed.
    /// </summary>
    public void Requeue(int index)
    {
        if (chunks.FindInFlight(index) is not { } flight)
            return;
        if (flight.DeliveryLostAt is not null)
            chunks.Table[index].ConfirmStart = true;
        RequeueUnlessCancelled(index, due: null, SettleResult.Released);
    }

    /// <summary>
    /// A host returns a chunk that it did not start. Either it had fetched the chunk ahead, or the broker had taken the chunk back from another host. That host may run it,
    /// also when its report of the start has not arrived, so the chunk is not dispatched before the hosts have said whether they do.
    /// </summary>
    public void Return(ReturnedChunk returned, string host, DateTimeOffset now)
    {
        // A leased chunk left the queue when its delivery was acknowledged; this is a copy whose acknowledgement was lost.
        if (chunks.FindInFlight(returned.Index) is not { Leased: false } flight || returned.Attempt != flight.FirstAttempt)
            return;
        if (returned.LostHosts > 0 || (flight.Host is { } known && known != host))
        {
            if (flight.DeliveryLostAt is null)
                (flight.DeliveryLostAt, flight.MissedHeartbeats) = (now, 0);
            return;
        }

        RequeueUnlessCancelled(returned.Index, due: null, SettleResult.Released);
    }

    private bool IsKnown(AttemptReport report)
    {
        if (report.Index < 0 || report.Attempt < 1)
            return false;
        // The producer may have been killed between dispatch and commit. A fixed plan tells which chunk that was; any other plan is committed first.
        if (run.State != RunState.Cancelled)
            chunks.CutUpTo(report.Index + 1, attempts: 0);
        return report.Index < chunks.Table.Count && chunks.Table.RangeOf(report.Index) == new ChunkRange(report.Index, report.Start, report.Count);
    }

    // Each attempt is delivered to one host. The first one that reports or leases it is that host, as far as anybody can tell.
    private bool BelongsToAnother(int index, int attempt, string host) =>
        chunks.FindInFlight(index) is { Host: { } known } flight && known != host && attempt >= flight.FirstAttempt && attempt <= chunks.Table[index].Attempts;

    private void CountAttempt(int index, int attempt)
    {
        ref var chunk = ref chunks.Table[index];
        chunk.Attempts = Math.Max(chunk.Attempts, attempt);
    }

    private InFlightChunk? FindAttempt(int index, int attempt) =>
        chunks.FindInFlight(index) is { } flight && attempt >= flight.FirstAttempt ? flight : null;

    private SettleResult Succeed(AttemptReport report)
    {
        ItemsSucceeded += report.Count;
        Speed.Learn(report.Count, report.Duration);
        return End(report.Index, ChunkState.Succeeded);
    }

    private SettleResult Advance(AttemptReport report, InFlightChunk flight, DateTimeOffset now)
    {
        if (report.Outcome is not { } outcome)
        {
            chunks.Start(report.Index, flight, report.Host);
            return SettleResult.Started;
        }

        if (outcome == AttemptOutcome.HostLost)
            return Crash(report.Index, flight, now);
        return outcome.CostsAnAttempt() ? Fail(report.Index, report.IsFinal, now) : RequeueUnlessCancelled(report.Index, due: null, SettleResult.Released);
    }

    private SettleResult Fail(int index, bool isFinal, DateTimeOffset now)
    {
        ref var chunk = ref chunks.Table[index];
        chunk.Failures = (ushort)Math.Min(chunk.Failures + 1, ushort.MaxValue);
        return RetryOrEnd(index, chunk.Failures, isFinal || chunk.Failures > limits.Retries, now);
    }

    private SettleResult Crash(int index, InFlightChunk flight, DateTimeOffset now)
    {
        flight.Leased = false;
        ref var chunk = ref chunks.Table[index];
        chunk.Crashes = (byte)Math.Min(chunk.Crashes + 1, byte.MaxValue);
        return RetryOrEnd(index, chunk.Crashes, chunk.Crashes >= limits.CrashLimit, now);
    }

    private SettleResult RetryOrEnd(int index, int failures, bool isLast, DateTimeOffset now) => isLast
        ? End(index, ChunkState.Failed)
        : RequeueUnlessCancelled(index, now + RetryPolicy.Delay(failures, limits.RetryDelay, random()), SettleResult.Retry);

    private SettleResult RequeueUnlessCancelled(int index, DateTimeOffset? due, SettleResult result)
    {
        if (run.State == RunState.Cancelled)
            return End(index, ChunkState.Cancelled);
        chunks.Requeue(index, due);
        return result;
    }

    private SettleResult End(int index, ChunkState state)
    {
        chunks.End(index, state);
        return state switch
        {
            ChunkState.Succeeded => SettleResult.Succeeded,
            ChunkState.Failed => SettleResult.Failed,
            _ => SettleResult.Cancelled,
        };
    }

    private SettleResult Conclude(SettleResult result, DateTimeOffset now)
    {
        if (result == SettleResult.Failed)
            run.CheckFailures(now);
        run.FinishIfSettled(now);
        return result;
    }
}
