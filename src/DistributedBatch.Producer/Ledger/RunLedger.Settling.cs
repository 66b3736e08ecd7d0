using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Producer.Ledger;

/// <content>What hosts say about attempts, and what follows from it.</content>
internal sealed partial class RunLedger
{
    /// <summary>Takes in a host's word on an attempt. Hearing it twice changes nothing.</summary>
    public SettleResult Settle(AttemptReport report, DateTimeOffset now)
    {
        if (!Knows(report))
            return SettleResult.Stale;
        ref var chunk = ref table[report.Index];
        if (chunk.State.IsFinal())
            return IsSuccess(report) && chunk.State == ChunkState.Succeeded ? SettleResult.Duplicate : SettleResult.Stale;
        var verdict = IsSuccess(report)
            ? Succeed(report, ref chunk)
            : flights.TryGetValue(report.Index, out var flight) && report.Attempt >= flight.FirstAttempt
                ? Advance(report, flight, ref chunk, now)
                : SettleResult.Stale;
        if (verdict != SettleResult.Stale && report.Attempt > chunk.Attempts)
            chunk.Attempts = report.Attempt;
        if (verdict == SettleResult.Failed && tally[ChunkState.Failed] > terms.MaxFailures)
            Cancel(now, $"Cancelled because {tally[ChunkState.Failed]} chunks failed and the limit is {terms.MaxFailures}.");
        Conclude(now);
        return verdict;
    }

    /// <summary>A host keeps a running attempt by its heartbeats from now on.</summary>
    public void Lease(LeaseTaken lease)
    {
        if (!flights.TryGetValue(lease.Index, out var flight) || lease.Attempt < flight.FirstAttempt)
            return;
        ref var chunk = ref table[lease.Index];
        Run(lease.Index, lease.Host, flight, ref chunk);
        flight.Leased = true;
        chunk.Attempts = Math.Max(chunk.Attempts, lease.Attempt);
    }

    /// <summary>A chunk that the consumers put aside unread fails for good.</summary>
    public SettleResult Bury(int index, int attempt, DateTimeOffset now)
    {
        if (!flights.TryGetValue(index, out var flight) || attempt < flight.FirstAttempt)
            return SettleResult.Stale;
        ref var chunk = ref table[index];
        End(index, ref chunk, ChunkState.Failed);
        if (tally[ChunkState.Failed] > terms.MaxFailures)
            Cancel(now, $"Cancelled because {tally[ChunkState.Failed]} chunks failed and the limit is {terms.MaxFailures}.");
        Conclude(now);
        return SettleResult.Failed;
    }

    /// <summary>The host of a running attempt is gone, and the broker does not hold the chunk any more.</summary>
    public SettleResult LoseHost(int index, DateTimeOffset now)
    {
        if (!flights.TryGetValue(index, out var flight))
            return SettleResult.Stale;
        ref var chunk = ref table[index];
        var verdict = Crash(index, flight, ref chunk, now);
        Conclude(now);
        return verdict;
    }

    /// <summary>A chunk that was queued is nowhere any more; it is fed again and nobody is to blame.</summary>
    public void Refeed(int index)
    {
        if (!flights.ContainsKey(index))
            return;
        ref var chunk = ref table[index];
        Return(index, ref chunk, due: null);
    }

    /// <summary>A host that had asked for a chunk ahead hands it back unseen; it is fed again. Hosts that were lost with it before stay counted.</summary>
    public void HandBack(ReturnedChunk returned)
    {
        // A leased one is not in the queue any more; this is a copy whose acknowledgement was lost.
        if (!flights.TryGetValue(returned.Index, out var flight) || returned.Attempt != flight.FirstAttempt || flight.Leased)
            return;
        ref var chunk = ref table[returned.Index];
        Count(returned.LostHosts, ref chunk);
        Return(returned.Index, ref chunk, due: null);
    }

    /// <summary>The chunks on their way, for whoever looks for lost ones.</summary>
    public IEnumerable<(int Index, ChunkState State, InFlightChunk Flight)> OnTheirWay() =>
        flights.Select(pair => (pair.Key, table[pair.Key].State, pair.Value));

    private static bool IsSuccess(AttemptReport report) => report.Outcome == AttemptOutcome.Succeeded;

    private bool Knows(AttemptReport report)
    {
        if (report.Index < 0 || report.Attempt < 1)
            return false;
        // The producer was killed between feeding and committing. A fixed plan says which chunk that was; any other plan was committed first.
        if (State != RunState.Cancelled)
            CutUpTo(report.Index + 1, attempts: 0);
        if (report.Index >= table.Count)
            return false;
        var range = RangeOf(report.Index);
        return range.Start == report.Start && range.Count == report.Count;
    }

    private SettleResult Succeed(AttemptReport report, ref PackedChunk chunk)
    {
        End(report.Index, ref chunk, ChunkState.Succeeded);
        ItemsSucceeded += report.Count;
        speed.Learn(report.Count, report.Duration);
        return SettleResult.Succeeded;
    }

    private SettleResult Advance(AttemptReport report, InFlightChunk flight, ref PackedChunk chunk, DateTimeOffset now)
    {
        if (report.Outcome is not { } outcome)
            return Run(report.Index, report.Host, flight, ref chunk);
        if (outcome == AttemptOutcome.HostLost)
            return Crash(report.Index, flight, ref chunk, now);
        if (outcome.CostsAnAttempt())
        {
            chunk.Failures = (ushort)Math.Min(chunk.Failures + 1, ushort.MaxValue);
            return chunk.Failures > terms.Retries
                ? End(report.Index, ref chunk, ChunkState.Failed)
                : Return(report.Index, ref chunk, now + RetryPolicy.Delay(chunk.Failures, terms.RetryDelay, chance()), SettleResult.Retry);
        }

        return Return(report.Index, ref chunk, due: null);
    }

    private SettleResult Run(int index, string host, InFlightChunk flight, ref PackedChunk chunk)
    {
        flight.Host = host;
        Land(ref chunk);
        Move(index, ref chunk, ChunkState.Running);
        return SettleResult.Started;
    }

    private SettleResult Crash(int index, InFlightChunk flight, ref PackedChunk chunk, DateTimeOffset now)
    {
        flight.Leased = false;
        Count(1, ref chunk);
        return chunk.Crashes >= terms.CrashLimit
            ? End(index, ref chunk, ChunkState.Failed)
            : Return(index, ref chunk, now + RetryPolicy.Delay(chunk.Crashes, terms.RetryDelay, chance()), SettleResult.Retry);
    }

    private static void Count(int lostHosts, ref PackedChunk chunk) =>
        chunk.Crashes = (byte)Math.Min(chunk.Crashes + Math.Max(0, lostHosts), byte.MaxValue);

    private SettleResult Return(int index, ref PackedChunk chunk, DateTimeOffset? due, SettleResult verdict = SettleResult.Released)
    {
        if (State == RunState.Cancelled)
            return End(index, ref chunk, ChunkState.Cancelled);
        Land(ref chunk);
        flights.Remove(index);
        Move(index, ref chunk, ChunkState.Pending);
        if (due is { } later)
            line.Add(index, later);
        else
            line.Add(index);
        return verdict;
    }

    private SettleResult End(int index, ref PackedChunk chunk, ChunkState state)
    {
        Land(ref chunk);
        flights.Remove(index);
        Move(index, ref chunk, state);
        return state switch
        {
            ChunkState.Succeeded => SettleResult.Succeeded,
            ChunkState.Failed => SettleResult.Failed,
            _ => SettleResult.Cancelled,
        };
    }
}
