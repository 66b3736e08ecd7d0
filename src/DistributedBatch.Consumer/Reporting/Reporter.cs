using System.Diagnostics;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>
/// Publishes reports in groups. Acknowledges their chunks afterwards and never before: a report that is not confirmed is published again. A group is
/// closed when it is full, and after <see cref="ReportingOptions.Delay"/>; sooner when a slot runs low or a report is about much work; at once while
/// a slot waits for a chunk, which a report may bring.
/// </summary>
internal sealed partial class Reporter(MessageBus bus, HostSettings host, ReportingOptions options, TimeProvider time, ILogger<Reporter> logger) : IDisposable
{
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(10);

    // A broker that can be reached confirms much sooner.
    private static readonly TimeSpan LastTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim wake = new(0);
    private readonly CancellationTokenSource givingUp = new();
    private List<Entry> waiting = [];
    private long? oldest;
    private int waitingSlots;
    private bool urgent;
    private bool stopping;
    private Task loop = Task.CompletedTask;
    private long published;
    private TaskCompletionSource? flushed;

    private readonly record struct Entry(AttemptReport Report, ActiveAttempt? Settles, Activity? Trace);

    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Publishes what is left, then ends. Waits for the broker, unless <see cref="GiveUpSoon"/> was called.</summary>
    public Task StopAsync()
    {
        stopping = true;
        wake.Release();
        return loop;
    }

    /// <summary>
    /// From now on, a group that the broker does not confirm within some seconds is given up. Its chunks stay unacknowledged, so that other hosts run
    /// them again.
    /// </summary>
    public void GiveUpSoon() => givingUp.Cancel();

    /// <summary>Adds a report. The delivery of <paramref name="settles"/>, where given, is acknowledged once the report is confirmed.</summary>
    public void Add(AttemptReport report, ActiveAttempt? settles)
    {
        bool wakes;
        var trace = AttemptTrace.Report();
        lock (gate)
        {
            waiting.Add(new Entry(report, settles, trace));
            oldest ??= time.GetTimestamp();
            var becomesUrgent = !urgent && report.Duration >= options.Delay;
            urgent |= becomesUrgent;
            wakes = becomesUrgent || waiting.Count == 1 || waiting.Count == options.BatchSize || waitingSlots > 0;
        }

        if (wakes)
            wake.Release();
    }

    /// <summary>Reports that an attempt has started, and completes when that is confirmed or the attempt is to stop.</summary>
    public async Task ConfirmStartAsync(ActiveAttempt attempt)
    {
        AttemptReport? started = null;
        attempt.ReportStart(report => started = report);
        if (started is null)
            return;
        try
        {
            await bus.PublishAsync(new AttemptReports(host.Name, [started]), attempt.Stopping);
        }
        catch (OperationCanceledException) when (attempt.Stopping.IsCancellationRequested)
        {
            // It will not be started.
        }
    }

    /// <summary>A slot has a chunk, but gets no other one soon unless the reports of its last chunks make room.</summary>
    public void SlotRunsLow()
    {
        lock (gate)
        {
            if (urgent || waiting.Count == 0)
                return;
            urgent = true;
        }

        wake.Release();
    }

    /// <summary>A slot waits for a chunk, which a report may bring.</summary>
    public void SlotWaits()
    {
        bool wakes;
        lock (gate)
        {
            waitingSlots++;
            wakes = waiting.Count > 0;
        }

        if (wakes)
            wake.Release();
    }

    /// <summary>A slot that waited has a chunk.</summary>
    public void SlotServed()
    {
        lock (gate)
            waitingSlots--;
    }

    /// <summary>Reports published so far.</summary>
    public long Published => Interlocked.Read(ref published);

    /// <summary>Completes when everything added so far is confirmed and acknowledged, or given up.</summary>
    public Task FlushedAsync()
    {
        lock (gate)
        {
            if (waiting.Count == 0 && flushed is null)
                return Task.CompletedTask;
            return (flushed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        wake.Dispose();
        givingUp.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            if (DelayBeforeNext() is { } delay)
                await wake.WaitAsync(delay);
            if (TakeGroup() is { } group)
            {
                var confirmed = await PublishAsync(group);
                group.ForEach(entry => entry.Trace?.Dispose());
                await AcknowledgeAsync(confirmed);
                CompleteFlush();
            }
            else if (stopping)
            {
                return;
            }
        }
    }

    // How long to wait before the next group; null when it is due.
    private TimeSpan? DelayBeforeNext()
    {
        lock (gate)
        {
            if (oldest is null)
                return stopping ? null : Timeout.InfiniteTimeSpan;
            return TimeLeft() is var left && left > TimeSpan.Zero ? left : null;
        }
    }

    private List<Entry>? TakeGroup()
    {
        lock (gate)
        {
            if (oldest is null || TimeLeft() > TimeSpan.Zero)
                return null;
            var group = waiting;
            waiting = [];
            oldest = null;
            urgent = false;
            flushed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return group;
        }
    }

    // How long the oldest report may still wait for others.
    private TimeSpan TimeLeft() => stopping || waitingSlots > 0 || waiting.Count >= options.BatchSize
        ? TimeSpan.Zero
        : (urgent ? options.UrgentDelay : options.Delay) - time.GetElapsedTime(oldest!.Value);

    private void CompleteFlush()
    {
        TaskCompletionSource? done = null;
        lock (gate)
        {
            if (waiting.Count == 0)
                (done, flushed) = (flushed, null);
        }

        done?.TrySetResult();
    }

    // Gives the entries whose reports were confirmed.
    private async Task<IReadOnlyList<Entry>> PublishAsync(List<Entry> group)
    {
        for (var from = 0; from < group.Count; from += options.BatchSize)
        {
            var message = new AttemptReports(host.Name, [.. group.Skip(from).Take(options.BatchSize).Select(entry => entry.Report)]);
            if (!await PublishAsync(message))
            {
                GivenUp(logger, host.Name, group.Count - from);
                return group[..from];
            }
        }

        return group;
    }

    private async Task<bool> PublishAsync(AttemptReports message)
    {
        using var limit = new CancellationTokenSource();
        using var registration = givingUp.Token.Register(() => limit.CancelAfter(LastTimeout));
        for (var delay = TimeSpan.FromMilliseconds(100); ; delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay)
        {
            try
            {
                await bus.PublishAsync(message, limit.Token);
                Interlocked.Add(ref published, message.Reports.Count);
                return true;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                NotSent(logger, message.Reports.Count, failure.Message, delay.TotalSeconds);
                await Task.Delay(delay, time, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AcknowledgeAsync(IReadOnlyList<Entry> group)
    {
        var settled = group.Select(entry => entry.Settles).OfType<ActiveAttempt>().Where(attempt => !attempt.Leased).ToList();
        settled.ForEach(attempt => attempt.Delivery.Settle());
        foreach (var attempt in settled)
        {
            try
            {
                // The first delivery of a channel acknowledges all that are settled there.
                await attempt.Delivery.FlushAsync();
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // The broker delivers the chunk again. Its report is confirmed, so the second attempt is a duplicate.
                NotAcknowledged(logger, attempt.Chunk.Index, attempt.Chunk.Run.Value, failure.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} reports could not be sent ({Cause}); next try in {Seconds} s.")]
    private static partial void NotSent(ILogger logger, int count, string cause, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Host {Host} ends without the broker: {Count} reports are given up, and other hosts run their chunks again.")]
    private static partial void GivenUp(ILogger logger, string host, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chunk {Index} of run {Run} was reported but not acknowledged: {Cause}")]
    private static partial void NotAcknowledged(ILogger logger, int index, string run, string cause);
}
