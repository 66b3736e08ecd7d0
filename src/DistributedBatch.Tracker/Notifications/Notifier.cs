using System.Text.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>
/// Tells people what became of their runs. It looks at the database every two seconds, writes down what is to be told, and sends it until it is taken or a
/// day has passed. It stands beside the projection and never in its way: what cannot be reached costs a connection of its own and nothing else.
/// </summary>
public sealed partial class Notifier : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NotificationStore book;
    private readonly RunQueries queries;
    private readonly TrackerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<Notifier> log;
    private readonly SemaphoreSlim turn = new(1);

    // A redirect could carry the credentials elsewhere.
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = Patience }) { Timeout = Patience };

    internal Notifier(NotificationStore book, RunQueries queries, TrackerOptions options, TimeProvider time, ILogger<Notifier> log) =>
        (this.book, this.queries, this.options, this.time, this.log) = (book, queries, options, time, log);

    /// <summary>Looks now and sends what is due. For a process that is about to end; the next one sends what this one could not.</summary>
    /// <returns>Whether nothing is left to be sent.</returns>
    public async Task<bool> FlushAsync(CancellationToken cancellation)
    {
        await TurnAsync(cancellation);
        return (await book.DueAsync(DateTimeOffset.MaxValue, cancellation)).Count == 0;
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
                await TurnAsync(stoppingToken);
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

    private async Task TurnAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            var watched = await book.WatchedAsync(cancellation);
            if (watched.Count > 0)
                await NoteAsync(watched, cancellation);
            var due = await book.DueAsync(time.GetUtcNow(), cancellation);
            await Task.WhenAll(due.Select(notice => SendAsync(notice, cancellation)));
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task NoteAsync(IReadOnlyList<WatchedRun> watched, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var busy = (await queries.HostsAsync(cancellation)).Any(host => host.Alive && host.Running.Count > 0);
        foreach (var run in watched)
        {
            var slowest = await queries.SlowestAsync(run.View.Run, 1, cancellation);
            TimeSpan? longest = slowest.Count > 0 ? TimeSpan.FromSeconds(slowest[0].Seconds) : null;
            var events = NotificationRules.Of(run, busy, longest, options.StallAfter, now).ToList();
            if (events.Count == 0)
                continue;
            var noted = await book.NotedAsync(run.Number, cancellation);
            foreach (var (what, revision) in events.Where(found => !noted.Contains((found.Event.ToText(), found.Revision))))
            {
                var notice = NotificationText.Of(what, run, await DetailAsync(what, run, cancellation), now);
                await book.NoteAsync(run, what, revision, JsonSerializer.Serialize(notice, NotificationJson.Default.RunNotification), now, cancellation);
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

    private async Task SendAsync(StoredNotification notice, CancellationToken cancellation)
    {
        string? failure;
        try
        {
            using var request = NotificationRequest.To(notice.Address, JsonSerializer.Deserialize(notice.Body, NotificationJson.Default.RunNotification)!);
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            failure = answer.IsSuccessStatusCode ? null : $"it answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        }
        catch (Exception reason) when (reason is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            failure = reason is TaskCanceledException ? $"it did not answer within {Patience.TotalSeconds:0} s." : reason.Message;
        }

        var again = failure is null ? null : NotificationSchedule.Next(notice.MadeAt, notice.Tries + 1, time.GetUtcNow());
        if (failure is not null && again is null)
            LogGivenUp(notice.Address.Host, notice.Event, failure);
        else if (failure is not null)
            LogUnsent(notice.Address.Host, notice.Event, failure);
        await book.TriedAsync(notice, again, cancellation);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} could not be told that a run has {Event}: {Reason} It is tried again.")]
    private partial void LogUnsent(string address, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Address} could not be told for a day that a run has {Event}: {Reason} It is told no more.")]
    private partial void LogGivenUp(string address, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Notifications could not be looked after; they are again in a moment.")]
    private partial void LogFailed(Exception failure);
}
