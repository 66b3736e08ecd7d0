using System.Diagnostics;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>
/// Sends reports in groups and acknowledges the chunks afterwards, never before: a report that was not confirmed is sent again, until <see cref="HurryUp"/>. A
/// group is closed when it is large, after <see cref="ConsumerOptions.ReportDelay"/>, sooner when a slot runs low or a report tells of much work, and at once while
/// a slot waits for a chunk that a report may bring.
/// </summary>
internal sealed partial class Reporter(MessageBus bus, ConsumerOptions options, TimeProvider time, ILogger<Reporter> logger) : IDisposable
{
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(10);

    // A broker that is there confirms much sooner.
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly Lock turn = new();
    private readonly SemaphoreSlim due = new(0);
    private readonly CancellationTokenSource hurry = new();
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

    /// <summary>Sends what is left and ends; the broker must be there for that, see <see cref="HurryUp"/>.</summary>
    public Task StopAsync()
    {
        stopping = true;
        due.Release();
        return loop;
    }

    /// <summary>
    /// From now on a group that the broker does not confirm within a moment is given up: its chunks stay unacknowledged, so that others run them again.
    /// </summary>
    public void HurryUp() => hurry.Cancel();

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

    /// <summary>Completes when everything added so far is confirmed and acknowledged, or given up.</summary>
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
    public void Dispose()
    {
        due.Dispose();
        hurry.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            if (Wait() is { } delay)
                await due.WaitAsync(delay);
            if (Take() is { } group)
            {
                var confirmed = await PublishAsync(group);
                group.ForEach(entry => entry.Trace?.Dispose());
                await AcknowledgeAsync(confirmed);
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

    // Those that were confirmed.
    private async Task<IReadOnlyList<Entry>> PublishAsync(List<Entry> group)
    {
        for (var from = 0; from < group.Count; from += options.ReportBatch)
        {
            var message = new AttemptReports(options.Host, [.. group.Skip(from).Take(options.ReportBatch).Select(entry => entry.Report)]);
            if (!await PublishAsync(message))
            {
                GivenUp(logger, options.Host, group.Count - from);
                return group[..from];
            }
        }

        return group;
    }

    private async Task<bool> PublishAsync(AttemptReports message)
    {
        using var limit = new CancellationTokenSource();
        using var hurrying = hurry.Token.Register(() => limit.CancelAfter(LastPatience));
        for (var delay = TimeSpan.FromMilliseconds(100); ; delay = delay * 2 < LongestRetryDelay ? delay * 2 : LongestRetryDelay)
        {
            try
            {
                await bus.PublishAsync(message, limit.Token);
                Interlocked.Add(ref reported, message.Reports.Count);
                return true;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                Unsent(logger, message.Reports.Count, failure.Message, delay.TotalSeconds);
                await Task.Delay(delay, time, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AcknowledgeAsync(IReadOnlyList<Entry> group)
    {
        var settled = group.Select(entry => entry.Settles).OfType<ActiveAttempt>().Where(attempt => !attempt.Leased).ToList();
        settled.ForEach(attempt => attempt.Delivery.Done());
        foreach (var attempt in settled)
        {
            try
            {
                // The first of a lane tells of all of them.
                await attempt.Delivery.FlushAsync();
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Host {Host} ends without the broker: {Count} reports are given up, and their chunks are run again by others.")]
    private static partial void GivenUp(ILogger logger, string host, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chunk {Index} of run {Run} was reported but not acknowledged: {Cause}")]
    private static partial void Unacknowledged(ILogger logger, int index, string run, string cause);
}
