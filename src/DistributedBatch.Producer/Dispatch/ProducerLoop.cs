using System.Threading.Channels;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Ledger;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// The one thread of thought of the producer: hear what there is to hear, feed what there is room for, commit it together, tell. Everything that
/// touches a ledger happens here, so nothing needs a lock.
/// </summary>
internal sealed class ProducerLoop(
    RunRegistry book, HostRegistry hosts, HostCare care, ChunkDispatcher feeder, GroupCommit commit, OutboxPublisher announcer, ProducerOptions options, bool queueSurvives, TimeProvider time, ILogger<ProducerLoop> log)
{
    // Enough to make a commit worth its price, few enough that nobody waits long for an answer.
    private const int MostInputsARound = 256;

    private static readonly TimeSpan Watchfulness = TimeSpan.FromSeconds(1);

    // A queue that has not confirmed by then is not there; what it took all the same is run twice.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly Channel<LoopMessage> inputs = Channel.CreateUnbounded<LoopMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<LoopMessage> round = [];
    private readonly List<Action> afterCommit = [];
    private DateTimeOffset watchedAt;
    private DateTimeOffset? stopBy;
    private volatile bool feeding = true;
    private long heard;

    /// <summary>Reports of attempts heard and committed so far.</summary>
    public long Heard => Interlocked.Read(ref heard);

    /// <summary>Gives the loop something to do.</summary>
    /// <returns>False when the loop has ended and will not do it.</returns>
    public bool Post(LoopMessage input) => inputs.Writer.TryWrite(input);

    /// <summary>First phase of a stop: feed nothing new, keep hearing.</summary>
    public void StopFeeding() => feeding = false;

    /// <summary>Second phase of a stop: do what was given so far, hear what the queue took, then end.</summary>
    public void Complete() => Post(new LoopMessage.Stop());

    /// <summary>Brings back the runs of the store. Call once, before <see cref="RunAsync"/>.</summary>
    public ValueTask LoadAsync(CancellationToken cancellation)
    {
        commit.Announced = (run, revision) => Post(new LoopMessage.Announced(run, revision));
        feeder.Later = input => Post(input);
        return book.LoadAsync(options.ResumeOnStart, commit.Announced, time.GetUtcNow(), cancellation);
    }

    /// <summary>Works until <see cref="Complete"/> was called and everything is heard.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var timer = time.CreateTimer(_ => Post(LoopMessage.Tick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Post(LoopMessage.Tick.Instance);
        try
        {
            while (await inputs.Reader.WaitToReadAsync(cancellation))
            {
                while (round.Count < MostInputsARound && inputs.Reader.TryRead(out var input))
                {
                    round.Add(input);
                    await TakeAsync(input, cancellation);
                }

                await TurnAsync(timer, cancellation);
                round.Clear();
            }
        }
        catch (Exception failure)
        {
            inputs.Writer.TryComplete();
            commit.Abandon(failure);
            round.ForEach(input => Refuse(input, failure));
            while (inputs.Reader.TryRead(out var input))
                Refuse(input, failure);
            throw;
        }

        commit.Abandon(new OperationCanceledException("The producer has stopped; the run goes on when it is started again."));
    }

    private async ValueTask TurnAsync(ITimer timer, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        Watch(now);
        await care.WatchAsync(now, cancellation);
        var done = true;
        if (feeding)
            done = await feeder.FeedAsync(now, cancellation);
        await commit.CommitAsync(stopBy is null ? now : DateTimeOffset.MaxValue, cancellation);
        foreach (var tell in afterCommit)
            tell();
        afterCommit.Clear();
        if (stopBy is { } end && (feeder.Unconfirmed == 0 || now >= end))
            inputs.Writer.TryComplete();
        timer.Change(done ? UntilDue(now) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async ValueTask TakeAsync(LoopMessage input, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        switch (input)
        {
            case LoopMessage.Reports(var message, var kept):
                await HearAsync(message, now, cancellation);
                afterCommit.Add(() =>
                {
                    Interlocked.Add(ref heard, message.Reports.Count);
                    kept.SetResult();
                });
                break;
            case LoopMessage.Lease(var message, var kept):
                book.Find(message.Run)?.Ledger.Lease(message);
                afterCommit.Add(kept.SetResult);
                break;
            case LoopMessage.Dead(var message, var kept):
                await BuryAsync(message, now, cancellation);
                afterCommit.Add(kept.SetResult);
                break;
            case LoopMessage.Returned(var message, var kept):
                foreach (var chunk in message.Chunks)
                    book.Find(chunk.Run)?.Ledger.HandBack(chunk);
                afterCommit.Add(kept.SetResult);
                break;
            case LoopMessage.Heartbeat(var message):
                await HearAsync(message, now, cancellation);
                break;
            case LoopMessage.Submit(var spec, var answer):
                Later(answer, await SubmitAsync(spec, now, cancellation));
                break;
            case LoopMessage.Change(var run, var action, var answer):
                Later(answer, await ChangeAsync(run, action, now, cancellation));
                break;
            case LoopMessage.Forget(var run, var answer):
                Later(answer, await book.ForgetAsync(run, cancellation));
                break;
            case LoopMessage.Watch(var run, var settled):
                commit.Watch(run, settled);
                break;
            case LoopMessage.AnnounceAgain(var run, var done):
                await book.AnnounceAllAsync(run, now, cancellation);
                afterCommit.Add(() => done.SetResult(true));
                break;
            case LoopMessage.Confirm confirm:
                Confirm(confirm, now);
                break;
            case LoopMessage.Stop:
                feeding = false;
                stopBy = now + StopPatience;
                break;
            case LoopMessage.Announced(var run, var revision):
                await commit.KeepAnnouncedAsync(run, revision, cancellation);
                break;
        }
    }

    private void Later(TaskCompletionSource<RunCommandResult> asked, RunCommandResult answer) => afterCommit.Add(() => asked.SetResult(answer));

    private async ValueTask HearAsync(AttemptReports message, DateTimeOffset now, CancellationToken cancellation)
    {
        hosts.Alive(message.Host, now);
        foreach (var report in message.Reports)
        {
            if (book.Find(report.Run) is { } run)
            {
                care.Ended(report);
                if (run.Ledger.Settle(report, now) is not (SettleResult.Stale or SettleResult.Duplicate or SettleResult.Started))
                    feeder.Settled(run, report.Duration, now);
            }
            else if (report.Outcome is null && book.Overviews.TryGetValue(report.Run, out var settled) && settled.State == RunState.Cancelled)
            {
                // A host that came later took a chunk that was still in the queue.
                await announcer.SteeredAsync(report.Run, RunState.Cancelled, settled.Revision, cancellation);
            }
        }
    }

    private async ValueTask HearAsync(HostHeartbeat heartbeat, DateTimeOffset now, CancellationToken cancellation)
    {
        var isNew = await care.HeardAsync(heartbeat, now, cancellation);
        foreach (var run in book.Active)
        {
            LostChunkDetector.Note(run.Id, run.Ledger, heartbeat);
            if (isNew && run.Ledger.State is RunState.Paused or RunState.Cancelled)
                await announcer.SteeredAsync(run.Id, run.Ledger.State, run.Ledger.Revision, cancellation);
        }
    }

    private async ValueTask<RunCommandResult> SubmitAsync(RunSpec spec, DateTimeOffset now, CancellationToken cancellation)
    {
        // A client that lost the answer asks again with the id it chose.
        if (spec.Id is { } chosen && book.Overviews.ContainsKey(chosen))
            return RunCommandResult.Done(chosen);
        List<string> mistakes = [.. RunSpecCheck.Mistakes(spec)];
        if (book.Overviews.Values.FirstOrDefault(run => !run.IsSettled && run.Name == spec.Name) is { } same)
            mistakes.Add($"The name '{spec.Name}' belongs to run {same.Run}, which is not settled; choose another name, or resume or cancel that run.");
        if (mistakes.Count > 0)
            return RunCommandResult.Refused(mistakes);
        using var trace = RunTrace.Submit(spec);
        var run = await book.AddAsync(spec with { TraceParent = trace?.Id ?? spec.TraceParent }, now, Random.Shared.NextDouble, cancellation);
        trace?.SetTag("dbatch.run", run.Id.Value);
        book.Overviews[run.Id] = run.Overview();
        ProducerLog.Accepted(log, run.Id, spec.Name, run.Ledger.Counts.Total, spec.Dataset.Total - spec.Dataset.First);
        await announcer.SubmittedAsync(new RunSubmitted(run.Id, run.Stored.SubmittedAt, RunSummarySpec.From(spec)), cancellation);
        return RunCommandResult.Done(run.Id);
    }

    private async ValueTask<RunCommandResult> ChangeAsync(RunId id, RunAction action, DateTimeOffset now, CancellationToken cancellation)
    {
        if (await book.RestoreAsync(id, now, cancellation) is not { } run)
            return RunCommandResult.Refused($"There is no run {id}.");
        var refusal = run.Ledger.Change(action, now);
        if (refusal is not null && run.Ledger is { FinishedAt: not null, HasChanges: false } && run.Announced >= run.Ledger.Revision)
            book.Drop(run);
        return refusal is null ? RunCommandResult.Done(id) : RunCommandResult.Refused($"Run {id} ({run.Stored.Spec.Name}) {refusal}.");
    }

    private async ValueTask BuryAsync(ChunkDead message, DateTimeOffset now, CancellationToken cancellation)
    {
        if (book.Find(message.Run) is not { } run || run.Ledger.Bury(message.Index, message.Attempt, now) != SettleResult.Failed)
            return;
        ProducerLog.ChunkDied(log, message.Run, message.Index, message.Reason);
        await announcer.PutAsideAsync(message, run.Ledger.RangeOf(message.Index), cancellation);
    }

    private void Confirm(LoopMessage.Confirm confirm, DateTimeOffset now)
    {
        feeder.Confirmed();
        if (book.Find(confirm.Run)?.Ledger is not { } ledger)
            return;
        if (confirm.Failure is null)
        {
            ledger.Published(confirm.Index, confirm.Attempt);
            return;
        }

        ProducerLog.NotConfirmed(log, confirm.Run, confirm.Index, confirm.Failure);
        ledger.Unpublished(confirm.Index, confirm.Attempt, now + Watchfulness);
    }

    private void Watch(DateTimeOffset now)
    {
        foreach (var run in book.Active)
            run.Ledger.Expire(now);
        // Within one process neither queue nor host can be lost alone.
        if (!queueSurvives || now - watchedAt < Watchfulness)
            return;
        watchedAt = now;
        foreach (var host in hosts.Forget(now))
            ProducerLog.HostLost(log, host, options.HostTimeout.TotalSeconds);
        foreach (var run in book.Active)
        {
            foreach (var (index, withHost) in LostChunkDetector.Find(run.Ledger, run.ResourceClass, hosts, options, now))
            {
                ProducerLog.ChunkLost(log, run.Id, index);
                if (withHost)
                    run.Ledger.LoseHost(index, now);
                else
                    run.Ledger.Refeed(index);
            }
        }
    }

    private TimeSpan UntilDue(DateTimeOffset now)
    {
        var next = stopBy;
        foreach (var run in book.Active)
        {
            if (run.Ledger.NextDue is { } due && due > now && !(due >= next))
                next = due;
            if (queueSurvives && run.Ledger.Outstanding > 0 && !(now + Watchfulness >= next))
                next = now + Watchfulness;
        }

        return next is { } soonest ? (soonest > now ? soonest - now : TimeSpan.Zero) : Timeout.InfiniteTimeSpan;
    }

    private static void Refuse(LoopMessage input, Exception reason)
    {
        switch (input)
        {
            case LoopMessage.Fact fact:
                fact.Kept.TrySetException(reason);
                break;
            case LoopMessage.Question question:
                question.Answer.TrySetException(reason);
                break;
            case LoopMessage.AnnounceAgain(_, var done):
                done.TrySetException(reason);
                break;
            case LoopMessage.Watch(_, var settled):
                settled.TrySetException(reason);
                break;
        }
    }
}
