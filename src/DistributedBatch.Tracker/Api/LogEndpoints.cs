using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Endpoints of logs, in ranges or followed while they are written.</summary>
internal static class LogEndpoints
{
    private const string PlainText = "text/plain; charset=utf-8";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/runs/{run}/chunks/{index:int}/logs", (string run, int index, RunQueries queries, LogFiles logs, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => Task.FromResult(JsonResult.Of(
                (IReadOnlyList<LogEntry>)[.. logs.OfChunk(id, index).Select(log => new LogEntry(log.Index, log.Attempt, log.Stream.ToText(), log.Bytes))],
                TrackerJson.Default.IReadOnlyListLogEntry)), cancellation))
            .WithSummary("Lists the logs of a chunk.").Produces<IReadOnlyList<LogEntry>>();
        api.MapGet("/runs/{run}/chunks/{index:int}/attempts/{attempt:int}/logs/{stream:regex(^(out|err)$)}", ReadAsync)
            .WithSummary("The log of an attempt. Accepts Range; follow=true continues until the attempt ends.").Produces<string>(contentType: "text/plain");
    }

    private static Task<IResult> ReadAsync(
        string run, int index, int attempt, string stream, HttpContext context, RunQueries queries, LogFiles logs, TimeProvider time,
        CancellationToken cancellation, bool follow = false, long offset = 0) =>
        queries.WithRunAsync(run, async id =>
        {
            var logStream = EnumText.Parse<LogStream>(stream)!.Value;
            if (follow)
                return await FollowAsync(id, index, attempt, logs.PathOf(id, index, attempt, logStream), offset, context, queries, time);
            return logs.Find(id, index, attempt, logStream) is { } log
                ? Results.Stream(LogTail.Open(log.Path), PlainText, enableRangeProcessing: true)
                : Problems.NoLog(id, index);
        }, cancellation);

    private static async Task<IResult> FollowAsync(
        RunId run, int index, int attempt, string path, long offset, HttpContext context, RunQueries queries, TimeProvider time)
    {
        var cancellation = context.RequestAborted;
        if (!File.Exists(path) && await HasEndedAsync(cancellation))
            return Problems.NoLog(run, index);
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        context.Response.ContentType = PlainText;
        // The headers tell the client that it is connected, even when the attempt writes nothing for an hour.
        await context.Response.Body.FlushAsync(cancellation);
        await foreach (var piece in LogTail.FollowAsync(path, Math.Max(0, offset), HasEndedAsync, time, cancellation))
        {
            await context.Response.Body.WriteAsync(piece, cancellation);
            await context.Response.Body.FlushAsync(cancellation);
        }

        return Results.Empty;

        // An unknown attempt may still begin while its run is active.
        async Task<bool> HasEndedAsync(CancellationToken token) =>
            (await queries.AttemptsAsync(run, index, token)).FirstOrDefault(known => known.Attempt == attempt) is { } view
                ? view.Outcome is not null
                : await queries.ShowAsync(run, token) is not { } active || active.State.IsSettled();
    }
}
