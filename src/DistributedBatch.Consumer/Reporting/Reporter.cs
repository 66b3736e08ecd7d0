using System.Diagnostics;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>
/// Sends reports in groups and acknowledges the chunks afterwards, never before: a report that was not confirmed is sent again, for ever. A group is closed when it
/// is large, after <see cref="ConsumerOptions.ReportDelay"/>, sooner when a slot runs low or a report tells of much work, and at once while a slot waits for
/// a chunk that a report may bring.
/// </summary>
internal sealed partial class Reporter(MessageBus bus, ConsumerOptions options, TimeProvider time, ILogger<Reporter> logger) : IDisposable
{
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(10);

    private readonly Lock turn = new();
    private readonly SemaphoreSlim due = new(0);
    private List<Entry> waiting = [];
    private DateTimeOffset? oldest;
    private int starved;
    private bool hurried;
    private bool stopping;
    private Task loop = Task.CompletedTask;
    private long reported;
    private TaskCompletionSource? flushed;

    private readonly record struct Entry(AttemptReport Report, ActiveAttempt? Settles, Activity? Trace);

    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Sends what is left and ends; the broker must be there for that, so the wait can be given up.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        stopping = true;
        due.Release();
        await loop.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Adds a report. When <paramref name="settles"/> is given, its delivery is acknowledged once the report is confirmed.</summary>
    public void Add(AttemptReport report, ActiveAttempt? settles)
    {
        bool wake;
        var trace = AttemptTrace.Report();
        lock (turn)
        {
            waiting.Add(new Entry(report, settles, trace));
            oldest ??= time.GetUtcNow();
            var hurries = !hurried && report.Duration >= options.ReportDelay;
            hurried |= hurries;
            wake = hurries || waiting.Count == 1 || waiting.Count == options.ReportBatch || starved > 0;
        }

        if (wake)
            due.Release();
    }

    /// <summary>A slot has a chunk, but soon no other unless those it has done are reported and make room.</summary>
    public void SlotRunsLow()
    {
        lock (turn)
        {
            if (hurried || waiting.Count == 0)
                return;
            hurried = true;
        }

        due.Release();
    }

    /// <summary>A slot waits for a chunk, and reports may be what brings it one.</summary>
    public void SlotStarves()
    {
        bool wake;
        lock (turn)
        {
            starved++;
            wake = waiting.Count > 0;
        }

        if (wake)
            due.Release();
    }

    /// <summary>It got one.</summary>
    public void SlotFed()
    {
        lock (turn)
            starved--;
    }

    /// <summary>Reports published so far.</summary>
    public long Reported => Interlocked.Read(ref reported);

    /// <summary>Completes when everything added so far is confirmed and acknowledged.</summary>
    public Task FlushedAsync()
    {
        lock (turn)
        {
            if (waiting.Count == 0 && flushed is null)
                return Task.CompletedTask;
            return (flushed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => due.Dispose();

    private async Task RunAsync()
    {
        while (true)
        {
            if (Wait() is { } delay)
                await due.WaitAsync(delay).ConfigureAwait(false);
            if (Take() is { } group)
            {
                await PublishAsync(group).ConfigureAwait(false);
                group.ForEach(entry => entry.Trace?.Dispose());
                await AcknowledgeAsync(group).ConfigureAwait(false);
                Settled();
            }
            else if (stopping)
            {
                return;
            }
        }
    }

    // How long to wait for a reason to send; null when there is one already.
    private TimeSpan? Wait()
    {
        lock (turn)
        {
            if (oldest is null)
                return stopping ? null : Timeout.InfiniteTimeSpan;
            return Left() is var left && left > TimeSpan.Zero ? left : null;
        }
    }

    private List<Entry>? Take()
    {
        lock (turn)
        {
            if (oldest is null || Left() > TimeSpan.Zero)
                return null;
            var group = waiting;
            waiting = [];
            oldest = null;
            hurried = false;
            flushed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return group;
        }
    }

    // How long the oldest may still wait for company.
    private TimeSpan Left() => stopping || starved > 0 || waiting.Count >= options.ReportBatch
        ? TimeSpan.Zero
        : oldest!.Value + (hurried ? options.HurriedReportDelay : options.ReportDelay) - time.GetUtcNow();

    private void Settled()
    {
        TaskCompletionSource? done = null;
        lock (turn)
        {
            if (waiting.Count == 0)
                (done, flushed) = (flushed, null);
        }

        done?.TrySetResult();
    }

    private async Task PublishAsync(List<Entry> group)
    {
        for (var from = 0; from < group.Count; from += options.ReportBatch)
        {
            var message = new AttemptReports(options.Host, [.. group.Skip(from).Take(options.ReportBatch).Select(entry => entry.Report)]);
            var delay = TimeSpan.FromMilliseconds(100);
            while (true)
            {
                try
                {
                    await bus.PublishAsync(message).ConfigureAwait(false);
                    Interlocked.Add(ref reported, message.Reports.Count);
                    break;
                }
                catch (Exception failure) when (failure is not OutOfMemoryException)
                {
                    Unsent(logger, message.Reports.Count, failure.Message, delay.TotalSeconds);
                    await Task.Delay(delay, time).ConfigureAwait(false);
                    delay = delay * 2 < LongestRetryDelay ? delay * 2 : LongestRetryDelay;
                }
            }
        }
    }

    private async Task AcknowledgeAsync(List<Entry> group)
    {
        var settled = group.Select(entry => entry.Settles).OfType<ActiveAttempt>().Where(attempt => !attempt.Leased).ToList();
        settled.ForEach(attempt => attempt.Delivery.Done());
        foreach (var attempt in settled)
        {
            try
            {
                // The first of a lane tells of all of them.
                await attempt.Delivery.FlushAsync().ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // The broker gives the chunk to somebody else; the report is out, so that one will be a duplicate.
                Unacknowledged(logger, attempt.Chunk.Index, attempt.Chunk.Run.Value, failure.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} reports could not be sent ({Cause}); they are kept and sent again in {Seconds} s.")]
    private static partial void Unsent(ILogger logger, int count, string cause, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chunk {Index} of run {Run} was reported but not acknowledged: {Cause}")]
    private static partial void Unacknowledged(ILogger logger, int index, string run, string cause);
}
