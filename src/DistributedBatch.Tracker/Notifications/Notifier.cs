using System.Text.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>
/// Notifies users of events of their runs. Every two seconds it looks for new events in the database, records a notification for each, and sends it until the
/// receiver accepts it or a day has passed. An unreachable receiver delays nothing else.
/// </summary>
public sealed partial class Notifier : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);

    private readonly NotificationStore store;
    private readonly RunQueries queries;
    private readonly NotificationOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<Notifier> log;
    private readonly SemaphoreSlim turn = new(1);

    private readonly HttpClient client;

    internal Notifier(NotificationStore store, RunQueries queries, NotificationOptions options, TimeProvider time, ILogger<Notifier> log)
    {
        (this.store, this.queries, this.options, this.time, this.log) = (store, queries, options, time, log);

        // A redirect could send the credentials to another server.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = SendTimeout,
            ConnectCallback = new NotificationConnection(options.AllowsLocal).ConnectAsync,
        };
        client = new HttpClient(handler) { Timeout = SendTimeout };
    }

    /// <summary>Records and sends now, for a process that is about to end. The next process sends what this one could not.</summary>
    /// <returns>Whether nothing is left to send.</returns>
    public async Task<bool> FlushAsync(CancellationToken cancellation)
    {
        await RecordAndSendAsync(cancellation);
        return (await store.DueAsync(DateTimeOffset.MaxValue, cancellation)).Count == 0;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        client.Dispose();
        turn.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await RecordAndSendAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                LogFailed(failure);
            }
        }
    }

    private async Task RecordAndSendAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            var watched = await store.WatchedAsync(cancellation);
            if (watched.Count > 0)
                await RecordAsync(watched, cancellation);
            var due = await store.DueAsync(time.GetUtcNow(), cancellation);
            await Task.WhenAll(due.Select(notification => SendAsync(notification, cancellation)));
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task RecordAsync(IReadOnlyList<WatchedRun> watched, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var busy = (await queries.HostsAsync(cancellation)).Any(host => host.Alive && host.Running.Count > 0);
        foreach (var run in watched)
        {
            var slowest = await queries.SlowestAsync(run.View.Run, 1, cancellation);
            TimeSpan? longest = slowest.Count > 0 ? TimeSpan.FromSeconds(slowest[0].Seconds) : null;
            var events = NotificationRules.EventsOf(run, busy, longest, options.StallAfter, now).ToList();
            if (events.Count == 0)
                continue;
            var recorded = await store.RecordedAsync(run.Number, cancellation);
            foreach (var (what, revision) in events.Where(found => !recorded.Contains((found.Event.ToText(), found.Revision))))
            {
                var notification = NotificationText.Of(what, run, await DetailAsync(what, run, cancellation), now);
                var body = JsonSerializer.Serialize(notification, NotificationJson.Default.RunNotification);
                await store.RecordAsync(run, what, revision, body, now, cancellation);
            }
        }
    }

    private async Task<string?> DetailAsync(RunEvent what, WatchedRun run, CancellationToken cancellation)
    {
        switch (what)
        {
            case RunEvent.Stalled:
                return (await queries.ExplainAsync(run.View.Run, cancellation: cancellation))?.Verdict;
            case RunEvent.Failures:
                var failed = await queries.FailuresAsync(run.View.Run, 1, cancellation: cancellation);
                return failed is { Items: [{ LastAttempt: { Error: { } error } last } chunk, ..] } ? $"Chunk {chunk.Index} on {last.Host}: {error}" : null;
            default:
                return run.View.Reason;
        }
    }

    private async Task SendAsync(StoredNotification notification, CancellationToken cancellation)
    {
        string? failure;
        try
        {
            using var request = NotificationRequest.To(
                notification.Address, JsonSerializer.Deserialize(notification.Body, NotificationJson.Default.RunNotification)!);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            failure = response.IsSuccessStatusCode ? null : $"it answered {(int)response.StatusCode} {response.ReasonPhrase}.";
        }
        catch (Exception reason) when (reason is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            // Whatever it is, such as an address that an earlier version accepted: one notification must not stop the others.
            failure = reason is TaskCanceledException ? $"no answer within {SendTimeout.TotalSeconds:0} s." : reason.GetBaseException().Message;
        }

        var nextTry = failure is null ? null : NotificationSchedule.Next(notification.MadeAt, notification.Tries + 1, time.GetUtcNow());
        if (failure is not null && nextTry is null)
            LogGaveUp(notification.Address.Host, notification.Event, failure);
        else if (failure is not null)
            LogNotSent(notification.Address.Host, notification.Event, failure);
        await store.RecordTryAsync(notification, nextTry, cancellation);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not notify {Address} that a run has {Event}, and will retry: {Reason}")]
    private partial void LogNotSent(string address, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Gave up notifying {Address} that a run has {Event} after one day: {Reason}")]
    private partial void LogGaveUp(string address, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Notifications failed and are retried in 2 s.")]
    private partial void LogFailed(Exception failure);
}
