using System.Text.Json;
using DistributedBatch.Contracts.Json;
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

    private readonly NoticeBook book;
    private readonly RunQueries queries;
    private readonly TrackerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<Notifier> log;
    private readonly SemaphoreSlim turn = new(1);

    // A redirect could carry the credentials elsewhere.
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = Patience }) { Timeout = Patience };

    internal Notifier(NoticeBook book, RunQueries queries, TrackerOptions options, TimeProvider time, ILogger<Notifier> log) =>
        (this.book, this.queries, this.options, this.time, this.log) = (book, queries, options, time, log);

    /// <summary>Looks now and sends what is due. For a process that is about to end; the next one sends what this one could not.</summary>
    /// <returns>Whether nothing is left to be sent.</returns>
    public async Task<bool> FlushAsync(CancellationToken cancellation)
    {
        await TurnAsync(cancellation).ConfigureAwait(false);
        return (await book.DueAsync(DateTimeOffset.MaxValue, cancellation).ConfigureAwait(false)).Count == 0;
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
                await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
                await TurnAsync(stoppingToken).ConfigureAwait(false);
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
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var watched = await book.WatchedAsync(cancellation).ConfigureAwait(false);
            if (watched.Count > 0)
                await NoteAsync(watched, cancellation).ConfigureAwait(false);
            var due = await book.DueAsync(time.GetUtcNow(), cancellation).ConfigureAwait(false);
            await Task.WhenAll(due.Select(notice => SendAsync(notice, cancellation))).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task NoteAsync(IReadOnlyList<WatchedRun> watched, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var busy = (await queries.HostsAsync(cancellation).ConfigureAwait(false)).Any(host => host.Alive && host.Running.Count > 0);
        foreach (var run in watched)
        {
            var slowest = await queries.SlowestAsync(run.View.Run, 1, cancellation).ConfigureAwait(false);
            TimeSpan? longest = slowest.Count > 0 ? TimeSpan.FromSeconds(slowest[0].Seconds) : null;
            var events = NoticeJudge.Of(run, busy, longest, options.StallAfter, now).ToList();
            if (events.Count == 0)
                continue;
            var noted = await book.NotedAsync(run.Number, cancellation).ConfigureAwait(false);
            foreach (var (what, revision) in events.Where(found => !noted.Contains((found.Event.Word(), found.Revision))))
            {
                var notice = NoticeText.Of(what, run, await DetailAsync(what, run, cancellation).ConfigureAwait(false), now);
                await book.NoteAsync(run, what, revision, JsonSerializer.Serialize(notice, NoticeJson.Default.RunNotice), now, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<string?> DetailAsync(RunEvent what, WatchedRun run, CancellationToken cancellation)
    {
        switch (what)
        {
            case RunEvent.Stalled:
                return (await queries.ExplainAsync(run.View.Run, cancellation: cancellation).ConfigureAwait(false))?.Verdict;
            case RunEvent.Failures:
                var failed = await queries.FailuresAsync(run.View.Run, 1, cancellation: cancellation).ConfigureAwait(false);
                return failed is { Items: [{ LastAttempt: { Error: { } error } last } chunk, ..] } ? $"Chunk {chunk.Index} on {last.Host}: {error}" : null;
            default:
                return run.View.Reason;
        }
    }

    private async Task SendAsync(StoredNotice notice, CancellationToken cancellation)
    {
        string? failure;
        try
        {
            using var request = NoticeRequest.To(notice.Address, JsonSerializer.Deserialize(notice.Body, NoticeJson.Default.RunNotice)!);
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            failure = answer.IsSuccessStatusCode ? null : $"it answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        }
        catch (Exception reason) when (reason is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            failure = reason is TaskCanceledException ? $"it did not answer within {Patience.TotalSeconds:0} s." : reason.Message;
        }

        var again = failure is null ? null : NoticeSchedule.Next(notice.MadeAt, notice.Tries + 1, time.GetUtcNow());
        if (failure is not null && again is null)
            LogGivenUp(notice.Address.Host, notice.Event, failure);
        else if (failure is not null)
            LogUnsent(notice.Address.Host, notice.Event, failure);
        await book.TriedAsync(notice, again, cancellation).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} could not be told that a run has {Event}: {Reason} It is tried again.")]
    private partial void LogUnsent(string address, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Address} could not be told for a day that a run has {Event}: {Reason} It is told no more.")]
    private partial void LogGivenUp(string address, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Notifications could not be looked after; they are again in a moment.")]
    private partial void LogFailed(Exception failure);
}
