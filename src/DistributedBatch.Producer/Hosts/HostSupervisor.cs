using DistributedBatch.Messaging.Connections;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Acts on what time reveals: cancelled runs whose hosts do not report, lost hosts, lost chunks, failing hosts. Within one process there is one host,
/// and neither the host nor the queue can be lost alone, so only the first check remains.
/// </summary>
internal sealed partial class HostSupervisor(
    HostRegistry hosts,
    HostQuarantine quarantine,
    CopyStopper copies,
    RunRegistry runs,
    OutboxPublisher outbox,
    BrokerHealth broker,
    HostSupervisionOptions options,
    bool queueSurvives,
    ILogger<HostSupervisor> log)
{
    private const int MaxStoppedRuns = 1000;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    // Checks that come later than this mean that the loop or the machine stood still, or that the clock was set. Messages of that time may still wait to be handled.
    private static readonly TimeSpan MaxCheckGap = TimeSpan.FromSeconds(5);

    private DateTimeOffset checkedAt;
    private DateTimeOffset heartbeatsWantedAt;

    /// <summary>Records the end of an attempt.</summary>
    public void Record(AttemptReport report)
    {
        if (queueSurvives && report.Outcome is not null)
            quarantine.Record(report);
    }

    /// <summary>
    /// Records a heartbeat. A new host gets the runs that are paused or cancelled. A host on hold that does not know it gets the reason. A host that runs copies of settled
    /// chunks is told to stop them.
    /// </summary>
    public async ValueTask RecordAsync(HostHeartbeat heartbeat, DateTimeOffset now, CancellationToken cancellation)
    {
        var arrival = hosts.Record(heartbeat, now);
        if (heartbeat.Instance is { } instance && (heartbeat.Joining || arrival != HostArrival.Known))
            await AnswerAsync(heartbeat.Host.Name, instance, arrival, cancellation);
        if (arrival == HostArrival.Refused)
            return;
        if (queueSurvives && quarantine.Record(heartbeat, now) is { } reminder)
            await outbox.PublishAsync(reminder, cancellation);
        foreach (var run in runs.Active)
            LostChunkDetector.Record(run.Id, run.Ledger, heartbeat);
        if (heartbeat.Instance is null && arrival == HostArrival.New)
        {
            // A host of an older version does not know the answer.
            foreach (var run in StoppedRuns())
                await outbox.PublishAsync(run, cancellation);
        }

        if (queueSurvives)
            await copies.StopAsync(heartbeat, cancellation);
    }

    /// <summary>Checks all timeouts.</summary>
    public async ValueTask CheckTimeoutsAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var run in runs.Active)
            run.Ledger.CheckDeadline(now);
        if (!queueSurvives)
            return;
        var sinceCheck = (now - checkedAt).Duration();
        if (sinceCheck >= CheckInterval)
        {
            if (sinceCheck > MaxCheckGap || broker.Current is not BrokerState.Connected)
                hosts.ListenAgain(now);
            checkedAt = now;
            await FindLostAsync(now, cancellation);
        }

        foreach (var decision in quarantine.Decide([.. runs.Active.Select(run => (run.Id, run.ResourceClass))], hosts, now))
        {
            if (decision.OnHold is { } reason)
                LogHold(decision.Host, reason);
            else
                LogHoldEnded(decision.Host);
            await outbox.PublishAsync(decision, cancellation);
        }
    }

    /// <summary>When the timeouts of <paramref name="run"/> must be checked even if no message comes; null for never.</summary>
    public DateTimeOffset? NextCheck(ActiveRun run, DateTimeOffset now) => queueSurvives && run.Ledger.Outstanding > 0 ? now + CheckInterval : null;

    private ValueTask AnswerAsync(string host, Guid instance, HostArrival arrival, CancellationToken cancellation)
    {
        var refusal = arrival == HostArrival.Refused
            ? $"Another consumer with the name '{host}' is online. Two consumers of one name take each other's messages; give this one another name with --host."
            : null;
        if (refusal is not null)
            LogRefused(host);
        return outbox.PublishAsync(
            new HostControlMessage(host, OnHold: null, For: null) { Admission = new HostAdmission(instance, refusal, [.. StoppedRuns()]) }, cancellation);
    }

    // Their chunks may be in the queue for as long as no host takes them. The oldest are left out, because the message must not grow without limit.
    private IEnumerable<RunControlMessage> StoppedRuns() => runs.Overviews.Values
        .Where(run => run.State is RunState.Paused or RunState.Cancelled)
        .OrderByDescending(run => run.SubmittedAt)
        .Take(MaxStoppedRuns)
        .Select(run => new RunControlMessage(run.Run, run.State, run.Revision));

    private async ValueTask FindLostAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var host in hosts.RemoveSilent(now))
            LogHostLost(host, options.Timeout.TotalSeconds);
        foreach (var run in runs.Active)
        {
            foreach (var (index, withHost) in LostChunkDetector.Find(run.Ledger, run.ResourceClass, hosts, options, now))
            {
                LogChunkLost(run.Id, index);
                if (withHost)
                    await LoseHostAsync(run, index, run.Ledger.FindInFlight(index)!, now, cancellation);
                else
                    run.Ledger.Requeue(index);
            }
        }

        await AskForHeartbeatsAsync(now, cancellation);
    }

    // The next heartbeats would tell too, but the chunks wait for them.
    private async ValueTask AskForHeartbeatsAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var asking = runs.Active.FirstOrDefault(run => run.Ledger.InFlight.Any(flight => LostChunkDetector.IsUnclaimed(flight.Chunk) && flight.Chunk.DeliveryLostAt > heartbeatsWantedAt));
        if (asking is null)
            return;
        heartbeatsWantedAt = now;
        await outbox.PublishAsync(new RunControlMessage(asking.Id, asking.Ledger.State, asking.Ledger.Revision) { WantsHeartbeats = true }, cancellation);
    }

    // The lost host cannot report the attempt, so the producer does.
    private ValueTask LoseHostAsync(ActiveRun run, int index, InFlightChunk chunk, DateTimeOffset now, CancellationToken cancellation)
    {
        var range = run.Ledger.RangeOf(index);
        var result = run.Ledger.LoseHost(index, now);
        var report = new AttemptReport
        {
            Run = run.Id,
            Index = index,
            Start = range.Start,
            Count = range.Count,
            Attempt = chunk.FirstAttempt,
            Host = chunk.Host!,
            Slot = 0,
            StartedAt = chunk.DispatchedAt,
            Outcome = AttemptOutcome.HostLost,
            Error = $"Host {chunk.Host} was lost while it ran the chunk. "
                + (result == SettleResult.Failed ? "Too many hosts were lost with it, so it does not run again. Look at the logs of those hosts, then use retry." : "The chunk runs again."),
        };
        return outbox.PublishAsync(report, cancellation);
    }

    [LoggerMessage(2006, LogLevel.Warning, "Host {Host} sent nothing for {Seconds} s and is lost; the chunks it ran are dispatched again.")]
    private partial void LogHostLost(string host, double seconds);

    [LoggerMessage(2016, LogLevel.Error, "A second consumer has the name {Host}. It is refused.")]
    private partial void LogRefused(string host);

    [LoggerMessage(2007, LogLevel.Warning, "Chunk {Index} of run {Run} is lost: neither a queue nor a host has it. It is dispatched again.")]
    private partial void LogChunkLost(RunId run, int index);

    [LoggerMessage(2012, LogLevel.Warning, "Host {Host} takes no chunks for a while. {Reason}.")]
    private partial void LogHold(string host, string reason);

    [LoggerMessage(2013, LogLevel.Information, "Host {Host} takes chunks again.")]
    private partial void LogHoldEnded(string host);
}
