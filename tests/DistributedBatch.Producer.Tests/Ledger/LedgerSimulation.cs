using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Ledger;

/// <summary>
/// A ledger within a small model of its surroundings. The queue loses nothing and returns what dying hosts held. Hosts report late, twice and out of
/// order. The store forgets what was not committed. A number chooses each step, so that a random list of numbers is a random history.
/// </summary>
internal sealed class LedgerSimulation
{
    private readonly RunLimits limits;
    private readonly Random random;
    private readonly List<Message> publishing = [];
    private readonly List<Message> queue = [];
    private readonly List<Message> executing = [];
    private readonly List<AttemptReport> reports = [];
    private readonly List<AttemptReport> handledSinceCommit = [];
    private readonly List<ReturnedChunk> returns = [];
    private readonly List<ReturnedChunk> returnsSinceCommit = [];
    private readonly Dictionary<int, int> losses = [];
    private readonly Dictionary<int, ChunkRow> stored = [];
    private readonly HashSet<int> succeeded = [];
    private readonly HashSet<(int Index, int Attempt)> published = [];
    private LedgerState storedState = LedgerState.New;
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;

    public LedgerSimulation(RunLimits limits, int seed)
    {
        this.limits = limits;
        random = new Random(seed);
        Ledger = new RunLedger(limits, now, random.NextDouble);
    }

    public RunLedger Ledger { get; private set; }

    private sealed record Message(ChunkRange Chunk, int Attempt, bool Returned = false);

    public void Step(int choice)
    {
        now += TimeSpan.FromSeconds(choice % 7);
        switch (choice % 29)
        {
            case 0 or 1 or 2 or 3:
                Dispatch();
                break;
            case 4 or 5 or 6:
                Confirm(isConfirmed: true);
                break;
            case 7:
                Confirm(isConfirmed: false);
                break;
            case 8 or 9 or 10:
                Execute();
                break;
            case 11 or 12 or 13:
                Finish((AttemptOutcome)random.Next(9));
                break;
            case 14:
                Finish(AttemptOutcome.Succeeded);
                break;
            case 15:
                LoseHost();
                break;
            case 16 or 17:
                HandleReport(keepsCopy: false);
                break;
            case 18:
                HandleReport(keepsCopy: true);
                break;
            case 19 or 20:
                Commit();
                break;
            case 21:
                Restart(queueSurvives: random.Next(2) == 0);
                break;
            case 22:
                Ledger.Apply(random.Next(2) == 0 ? RunAction.Pause : RunAction.Resume, now);
                break;
            case 23 when random.Next(10) == 0:
                Ledger.Apply(random.Next(2) == 0 ? RunAction.Cancel : RunAction.Retry, now);
                break;
            case 24:
                ReturnUnstarted();
                break;
            case 25 or 26:
                HandleReturn(keepsCopy: false);
                break;
            case 27:
                HandleReturn(keepsCopy: true);
                break;
            case 28:
                FindLost();
                break;
        }

        Ledger.CheckDeadline(now);
        Check();
    }

    /// <summary>Lets everything succeed from now on, until the run is settled.</summary>
    public void Finish()
    {
        for (var rounds = 0; Ledger.FinishedAt is null; rounds++)
        {
            Assert.True(rounds < 10_000, "the run does not end");
            now += TimeSpan.FromMinutes(10);
            Ledger.Apply(RunAction.Resume, now);
            Dispatch();
            while (publishing.Count > 0)
                Confirm(isConfirmed: true);
            while (queue.Count > 0)
                Execute();
            while (executing.Count > 0)
                Finish(AttemptOutcome.Succeeded);
            while (reports.Count > 0)
                HandleReport(keepsCopy: false);
            while (returns.Count > 0)
                HandleReturn(keepsCopy: false);
            foreach (var (index, _, _) in Ledger.InFlight.ToArray())
                Ledger.Requeue(index);
            Ledger.CheckDeadline(now);
        }

        Commit();
        var counts = Ledger.Counts;
        Assert.Equal(counts.Total, counts.Settled);
        Assert.Equal((0, 0, 0), (counts.Pending, counts.Queued, counts.Running));
        Assert.All(stored.Values, row => Assert.True(row.State.IsFinal()));
        Assert.Equal(stored.Values.Count(row => row.State == ChunkState.Succeeded), counts.Succeeded);
        Assert.Equal(stored.Values.Count(row => row.State == ChunkState.Failed), counts.Failed);
        Assert.Equal(stored.Values.Where(row => row.State == ChunkState.Succeeded).Sum(row => row.Chunk.Count), Ledger.ItemsSucceeded);
        var end = limits.First;
        foreach (var row in stored.Values.OrderBy(row => row.Chunk.Index))
        {
            Assert.Equal(end, row.Chunk.Start);
            end = row.Chunk.End;
        }

        if (Ledger.State != RunState.Cancelled)
            Assert.Equal(Math.Max(limits.First, limits.Total), end);
    }

    private void Check()
    {
        var counts = Ledger.Counts;
        Assert.Equal(counts.Total, counts.Pending + counts.Queued + counts.Running + counts.Settled);
        Assert.True(counts is { Pending: >= 0, Queued: >= 0, Running: >= 0 });
        Assert.InRange(Ledger.Outstanding, counts.Outstanding, counts.Outstanding + counts.Pending);
        Assert.Equal(Ledger.InFlight.Count(), Ledger.Outstanding);
        Assert.Equal(counts.Queued, Ledger.InFlight.Count(chunk => chunk.State == ChunkState.Queued));
        Assert.Equal(counts.Running, Ledger.InFlight.Count(chunk => chunk.State == ChunkState.Running));
        Assert.All(Ledger.InFlight, chunk => Assert.Equal(chunk.State == ChunkState.Pending, chunk.Chunk.Publishing));
        if (Ledger.FinishedAt is not null)
            Assert.Equal(counts.Total, counts.Settled);
    }

    private void Dispatch()
    {
        if (!Ledger.TryDispatch(now, slots: 2, out var dispatched))
            return;
        if (Ledger.Reserve(dispatched))
            Commit();
        Assert.True(published.Add((dispatched.Chunk.Index, dispatched.Attempt)), $"attempt {dispatched.Attempt} of chunk {dispatched.Chunk.Index} was published twice");
        publishing.Add(new Message(dispatched.Chunk, dispatched.Attempt));
    }

    private void Confirm(bool isConfirmed)
    {
        if (!TakeRandom(publishing, out var message))
            return;
        // A chunk that was not confirmed can be in the queue all the same.
        if (isConfirmed || random.Next(2) == 0)
            queue.Add(message);
        if (isConfirmed)
            Ledger.Confirm(message.Chunk.Index, message.Attempt);
        else
            Ledger.Unconfirm(message.Chunk.Index, message.Attempt, now + TimeSpan.FromSeconds(1));
    }

    private void Execute()
    {
        if (!TakeRandom(queue, out var message))
            return;
        if (message.Returned)
        {
            returns.Add(Returned(message, lostHosts: 1));
            return;
        }

        executing.Add(message);
        if (random.Next(2) == 0)
            reports.Add(Report(message, outcome: null));
    }

    private void Finish(AttemptOutcome outcome)
    {
        if (!TakeRandom(executing, out var message))
            return;
        reports.Add(Report(message, outcome));
        if (outcome == AttemptOutcome.HostLost)
            CountLoss(message);
    }

    private void LoseHost()
    {
        if (!TakeRandom(executing, out var message))
            return;
        queue.Add(message with { Returned = true });
        CountLoss(message);
    }

    private void CountLoss(Message message) => losses[message.Chunk.Index] = losses.GetValueOrDefault(message.Chunk.Index) + 1;

    private void ReturnUnstarted()
    {
        if (TakeRandom(queue, out var message))
            returns.Add(Returned(message, message.Returned ? 1 : 0));
    }

    private void HandleReturn(bool keepsCopy)
    {
        if (!TakeRandom(returns, out var returned))
            return;
        if (keepsCopy)
            returns.Add(returned);
        returnsSinceCommit.Add(returned);
        Ledger.Return(returned, "h", now);
    }

    /// <summary>The host of a chunk whose delivery the broker took back turns out to be lost.</summary>
    private void FindLost()
    {
        foreach (var (index, _, chunk) in Ledger.InFlight.Where(chunk => chunk.Chunk.DeliveryLostAt is not null).ToArray())
        {
            if (chunk.Host is null)
                Ledger.Requeue(index);
            else if (Ledger.LoseHost(index, now) == SettleResult.Failed)
                Assert.True(losses[index] >= limits.CrashLimit, $"chunk {index} failed for {losses[index]} lost hosts");
        }
    }

    private void HandleReport(bool keepsCopy)
    {
        if (!TakeRandom(reports, out var report))
            return;
        if (keepsCopy)
            reports.Add(report);
        handledSinceCommit.Add(report);
        var result = Ledger.Settle(report, now);
        if (result == SettleResult.Succeeded)
            Assert.True(succeeded.Add(report.Index), $"chunk {report.Index} succeeded twice");
        if (result == SettleResult.Failed && report.Outcome == AttemptOutcome.HostLost)
            Assert.True(losses[report.Index] >= limits.CrashLimit, $"chunk {report.Index} failed for {losses[report.Index]} lost hosts");
        if (result == SettleResult.Duplicate)
            Assert.Contains(report.Index, succeeded);
    }

    private void Commit()
    {
        Ledger.AddDueChanges(now);
        if (!Ledger.HasChanges)
            return;
        var changes = Ledger.TakeChanges();
        Assert.True(changes.State.Revision > storedState.Revision);
        foreach (var row in changes.Chunks)
        {
            if (stored.TryGetValue(row.Chunk.Index, out var before))
            {
                Assert.Equal(before.Chunk, row.Chunk);
                Assert.True(before.State != ChunkState.Succeeded || row.State == ChunkState.Succeeded, "a succeeded chunk left its state");
                Assert.True(row.Attempts >= before.Attempts, "attempt numbers went back");
            }

            stored[row.Chunk.Index] = row;
        }

        storedState = changes.State;
        handledSinceCommit.Clear();
        returnsSinceCommit.Clear();
    }

    private void Restart(bool queueSurvives)
    {
        // Messages that were handled and not committed were not acknowledged either.
        reports.AddRange(handledSinceCommit);
        handledSinceCommit.Clear();
        returns.AddRange(returnsSinceCommit);
        returnsSinceCommit.Clear();
        foreach (var index in succeeded.Where(index => !stored.TryGetValue(index, out var row) || row.State != ChunkState.Succeeded).ToArray())
            succeeded.Remove(index);
        if (queueSurvives)
        {
            queue.AddRange(publishing.Where(_ => random.Next(2) == 0));
        }
        else
        {
            queue.Clear();
            executing.Clear();
            returns.Clear();
        }

        publishing.Clear();
        Ledger = RunLedger.Restore(limits, storedState, random.NextDouble);
        foreach (var row in stored.Values.OrderBy(row => row.Chunk.Index))
            Ledger.RestoreChunk(row, queueSurvives, now);
        Ledger.FinishRestore(now);
    }

    private bool TakeRandom<T>(List<T> from, out T taken)
    {
        var at = from.Count == 0 ? -1 : random.Next(from.Count);
        taken = at < 0 ? default! : from[at];
        if (at >= 0)
            from.RemoveAt(at);
        return at >= 0;
    }

    private static ReturnedChunk Returned(Message message, int lostHosts) => new(default, message.Chunk.Index, message.Attempt, lostHosts);

    private static AttemptReport Report(Message message, AttemptOutcome? outcome) => new()
    {
        Run = default,
        Index = message.Chunk.Index,
        Start = message.Chunk.Start,
        Count = message.Chunk.Count,
        Attempt = message.Attempt,
        Host = "h",
        Slot = 0,
        StartedAt = default,
        Outcome = outcome,
        Duration = TimeSpan.FromSeconds(2),
    };
}
