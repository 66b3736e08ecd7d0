using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>
/// A run as server-sent events: an event <c>run</c> with the whole <c>RunView</c> at most once a second when something changed, and every few seconds while
/// the run goes on, because rates and estimates move by themselves. The id of an event is a digest of its data, so <c>Last-Event-ID</c> needs no memory here:
/// a client that reconnects gets the present state, unless it is what it saw last.
/// </summary>
internal static class EventEndpoints
{
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/runs/{run}/events", (
            string run, HttpContext context, RunQueries queries, ProjectionSignal signal, TimeProvider time, IHostApplicationLifetime lifetime,
            CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
            {
                var seen = context.Request.Headers["Last-Event-ID"].ToString();
                context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
                context.Response.ContentType = "text/event-stream";
                context.Response.Headers.CacheControl = "no-store";
                // A client that has seen everything hears nothing for a while, and yet it wants to know that it is connected.
                await context.Response.Body.FlushAsync(cancellation);
                await SseFormatter.WriteAsync(
                    FollowAsync(id, seen, queries, signal, time, lifetime.ApplicationStopping, cancellation), context.Response.Body, cancellation);
                return Results.Empty;
            }, cancellation))
            .WithSummary("Follows a run by server-sent events; takes Last-Event-ID.").Produces<string>(contentType: "text/event-stream");

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        RunId run, string seen, RunQueries queries, ProjectionSignal signal, TimeProvider time, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        while (!either.IsCancellationRequested)
        {
            // Asked for before the look, so that a commit between the two is not missed.
            var change = signal.WaitForChangeAsync(run, either.Token);
            if (await queries.ShowAsync(run, cancellation) is not { } view)
                yield break;
            var data = JsonSerializer.Serialize(view, ContractsJson.Default.RunView);
            var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)).AsSpan(0, 8));
            if (id != seen)
                yield return new SseItem<string>(data, "run") { EventId = id, ReconnectionInterval = TimeSpan.FromSeconds(2) };
            seen = id;
            try
            {
                var pause = Task.Delay(AtMostEvery, time, either.Token);
                if (view.State.IsSettled())
                    await change;
                else
                    await Task.WhenAny(change, Task.Delay(AtLeastEvery, time, either.Token));
                await pause;
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }
}
