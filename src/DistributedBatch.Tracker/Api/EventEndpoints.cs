using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>
/// A run as server-sent events. An event <c>run</c> with the whole <c>RunView</c> is sent after changes, at most once a second, and every few seconds while the run
/// is active, because rates and estimates change with time. The id of an event is a hash of its data, so <c>Last-Event-ID</c> needs no memory on the server: a
/// client that reconnects gets the current state, unless it has that state already.
/// </summary>
internal static class EventEndpoints
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/runs/{run}/events", (
            string run, HttpContext context, RunQueries queries, ProjectionSignal signal, TimeProvider time, IHostApplicationLifetime lifetime,
            CancellationToken cancellation) =>
            queries.WithRunAsync(run, async id =>
            {
                var lastId = context.Request.Headers["Last-Event-ID"].ToString();
                context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
                context.Response.ContentType = "text/event-stream";
                context.Response.Headers.CacheControl = "no-store";
                // A client that has the current state gets no event for a while. The headers tell it that it is connected.
                await context.Response.Body.FlushAsync(cancellation);
                await SseFormatter.WriteAsync(
                    FollowAsync(id, lastId, queries, signal, time, lifetime.ApplicationStopping, cancellation), context.Response.Body, cancellation);
                return Results.Empty;
            }, cancellation))
            .WithSummary("Follows a run by server-sent events; takes Last-Event-ID.").Produces<string>(contentType: "text/event-stream");

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        RunId run, string lastId, RunQueries queries, ProjectionSignal signal, TimeProvider time, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        while (!stop.IsCancellationRequested)
        {
            // Before the query, so that a commit between the two is not missed.
            var change = signal.WaitForChangeAsync(run, stop.Token);
            if (await queries.ShowAsync(run, cancellation) is not { } view)
                yield break;
            var data = JsonSerializer.Serialize(view, ContractsJson.Default.RunView);
            var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)).AsSpan(0, 8));
            if (id != lastId)
                yield return new SseItem<string>(data, "run") { EventId = id, ReconnectionInterval = TimeSpan.FromSeconds(2) };
            lastId = id;
            try
            {
                var pause = Task.Delay(MinInterval, time, stop.Token);
                if (view.State.IsSettled())
                    await change;
                else
                    await Task.WhenAny(change, Task.Delay(MaxInterval, time, stop.Token));
                await pause;
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }
}
