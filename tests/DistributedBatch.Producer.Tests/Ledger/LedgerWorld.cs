using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Ledger;

/// <summary>
/// A ledger amid a small model of everything around it: a queue that loses nothing and returns what dying hosts held, hosts that report late, twice and out of
/// order, a store that forgets what was not committed. Each step is chosen by a number, so that a random list of numbers is a random history.
/// </summary>
internal sealed class LedgerWorld
{
    private readonly RunLimits terms;
    private readonly Random random;
    private readonly List<Message> publishing = [];
    private readonly List<Message> queue = [];
    private readonly List<Message> executing = [];
    private readonly List<AttemptReport> reports = [];
    private readonly List<AttemptReport> heardSinceCommit = [];
    private readonly List<ReturnedChunk> returns = [];
    private readonly List<ReturnedChunk> returnsSinceCommit = [];
    private readonly Dictionary<int, int> losses = [];
    private readonly Dictionary<int, ChunkRow> stored = [];
    private readonly HashSet<int> succeeded = [];
    private LedgerState storedState = LedgerState.New;
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;

    public LedgerWorld(RunLimits terms, int seed)
    {
        this.terms = terms;
        random = new Random(seed);
        Ledger = new RunLedger(terms, now, random.NextDouble);
    }

    public RunLedger Ledger { get; private set; }

    private sealed record Message(ChunkRange Chunk, int Attempt, int CrashLimit, bool Returned = false);

    public void Step(int choice)
    {
        now += TimeSpan.FromSeconds(choice % 7);
        switch (choice % 28)
        {
            case 0 or 1 or 2 or 3:
                Feed();
                break;
            case 4 or 5 or 6:
                Confirm(taken: true);
                break;
            case 7:
                Confirm(taken: false);
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
                Hear(keepsCopy: false);
                break;
            case 18:
                Hear(keepsCopy: true);
                break;
            case 19 or 20:
                Commit();
                break;
            case 21:
                Restart(queueSurvives: random.Next(2) == 0);
                break;
            case 22:
                Ledger.Change(random.Next(2) == 0 ? RunAction.Pause : RunAction.Resume, now);
                break;
            case 23 when random.Next(10) == 0:
                Ledger.Change(random.Next(2) == 0 ? RunAction.Cancel : RunAction.Retry, now);
                break;
            case 24:
                HandBackUnseen();
                break;
            case 25 or 26:
                HearReturn(keepsCopy: false);
                break;
            case 27:
                HearReturn(keepsCopy: true);
                break;
        }

        Ledger.Expire(now);
        Check();
    }

    /// <summary>From now on all goes well, until the run is settled.</summary>
    public void Finish()
    {
        for (var rounds = 0; Ledger.FinishedAt is null; rounds++)
        {
            Assert.True(rounds < 10_000, "the run does not end");
            now += TimeSpan.FromMinutes(10);
            Ledger.Change(RunAction.Resume, now);
            Feed();
            while (publishing.Count > 0)
                Confirm(taken: true);
            while (queue.Count > 0)
                Execute();
            while (executing.Count > 0)
                Finish(AttemptOutcome.Succeeded);
            while (reports.Count > 0)
                Hear(keepsCopy: false);
            while (returns.Count > 0)
                HearReturn(keepsCopy: false);
            foreach (var (index, _, _) in Ledger.OnTheirWay().ToArray())
                Ledger.Refeed(index);
            Ledger.Expire(now);
        }

        Commit();
        var counts = Ledger.Counts;
        Assert.Equal(counts.Total, counts.Settled);
        Assert.Equal((0, 0, 0), (counts.Pending, counts.Queued, counts.Running));
        Assert.All(stored.Values, row => Assert.True(row.State.IsFinal()));
        Assert.Equal(stored.Values.Count(row => row.State == ChunkState.Succeeded), counts.Succeeded);
        Assert.Equal(stored.Values.Count(row => row.State == ChunkState.Failed), counts.Failed);
        Assert.Equal(stored.Values.Where(row => row.State == ChunkState.Succeeded).Sum(row => row.Chunk.Count), Ledger.ItemsSucceeded);
        var end = terms.First;
        foreach (var row in stored.Values.OrderBy(row => row.Chunk.Index))
        {
            Assert.Equal(end, row.Chunk.Start);
            end = row.Chunk.End;
        }

        if (Ledger.State != RunState.Cancelled)
            Assert.Equal(Math.Max(terms.First, terms.Total), end);
    }

    private void Check()
    {
        var counts = Ledger.Counts;
        Assert.Equal(counts.Total, counts.Pending + counts.Queued + counts.Running + counts.Settled);
        Assert.True(counts is { Pending: >= 0, Queued: >= 0, Running: >= 0 });
        Assert.InRange(Ledger.Outstanding, counts.Outstanding, counts.Outstanding + counts.Pending);
        Assert.Equal(Ledger.OnTheirWay().Count(), Ledger.Outstanding);
        if (Ledger.FinishedAt is not null)
            Assert.Equal(counts.Total, counts.Settled);
    }

    private void Feed()
    {
        if (!Ledger.TryFeed(now, slots: 2, out var feed))
            return;
        if (feed.IsNew && !Ledger.HasFixedPlan)
            Commit();
        publishing.Add(new Message(feed.Chunk, feed.Attempt, feed.CrashLimit));
    }

    private void Confirm(bool taken)
    {
        if (!Take(publishing, out var message))
            return;
        // A chunk that is said not to be taken can be in the queue all the same.
        if (taken || random.Next(2) == 0)
            queue.Add(message);
        if (taken)
            Ledger.Published(message.Chunk.Index, message.Attempt);
        else
            Ledger.Unpublished(message.Chunk.Index, message.Attempt, now + TimeSpan.FromSeconds(1));
    }

    private void Execute()
    {
        if (!Take(queue, out var message))
            return;
        if (message.Returned)
        {
            if (message.CrashLimit <= 1)
                reports.Add(Report(message, AttemptOutcome.HostLost));
            else
                returns.Add(Returned(message, lostHosts: 1));
            return;
        }

        executing.Add(message);
        if (random.Next(2) == 0)
            reports.Add(Report(message, outcome: null));
    }

    private void Finish(AttemptOutcome outcome)
    {
        if (!Take(executing, out var message))
            return;
        reports.Add(Report(message, outcome));
        if (outcome == AttemptOutcome.HostLost)
            Lost(message);
    }

    private void LoseHost()
    {
        if (!Take(executing, out var message))
            return;
        queue.Add(message with { Returned = true });
        Lost(message);
    }

    private void Lost(Message message) => losses[message.Chunk.Index] = losses.GetValueOrDefault(message.Chunk.Index) + 1;

    private void HandBackUnseen()
    {
        if (Take(queue, out var message))
            returns.Add(Returned(message, message.Returned ? 1 : 0));
    }

    private void HearReturn(bool keepsCopy)
    {
        if (!Take(returns, out var returned))
            return;
        if (keepsCopy)
            returns.Add(returned);
        returnsSinceCommit.Add(returned);
        Ledger.HandBack(returned);
    }

    private void Hear(bool keepsCopy)
    {
        if (!Take(reports, out var report))
            return;
        if (keepsCopy)
            reports.Add(report);
        heardSinceCommit.Add(report);
        var verdict = Ledger.Settle(report, now);
        if (verdict == SettleResult.Succeeded)
            Assert.True(succeeded.Add(report.Index), $"chunk {report.Index} succeeded twice");
        if (verdict == SettleResult.Failed && report.Outcome == AttemptOutcome.HostLost)
            Assert.True(losses[report.Index] >= terms.CrashLimit, $"chunk {report.Index} failed for {losses[report.Index]} lost hosts");
        if (verdict == SettleResult.Duplicate)
            Assert.Contains(report.Index, succeeded);
    }

    private void Commit()
    {
        Ledger.WriteDown(now);
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
        heardSinceCommit.Clear();
        returnsSinceCommit.Clear();
    }

    private void Restart(bool queueSurvives)
    {
        // What was heard and not committed was not acknowledged either.
        reports.AddRange(heardSinceCommit);
        heardSinceCommit.Clear();
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
        Ledger = RunLedger.Restoring(terms, storedState, random.NextDouble);
        foreach (var row in stored.Values.OrderBy(row => row.Chunk.Index))
            Ledger.Restore(row, queueSurvives, now);
        Ledger.Restored(now);
    }

    private bool Take<T>(List<T> from, out T taken)
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
        Attempt = message.Attempt + (message.Returned ? 1 : 0),
        Host = "h",
        Slot = 0,
        StartedAt = default,
        Outcome = outcome,
        Duration = TimeSpan.FromSeconds(2),
    };
}
