using System.Globalization;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Endpoints of chunks and their attempts.</summary>
internal static class ChunkEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/runs/{run}/chunks", ListAsync)
            .WithSummary("Lists the chunks of a run by number; state, host, longerThan (seconds) and error narrow the list.").Produces<Page<ChunkView>>();
        api.MapGet("/runs/{run}/failures", (string run, RunQueries queries, CancellationToken cancellation, int limit = 50, string? after = null) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.OrElse(await queries.FailuresAsync(id, limit, after, cancellation), ContractsJson.Default.PageChunkView, () => Problems.NoRun(id)),
                cancellation))
            .WithSummary("Lists the failed chunks, each with its last attempt.").Produces<Page<ChunkView>>();
        api.MapGet("/runs/{run}/chunks/{index:int}", (string run, int index, RunQueries queries, CancellationToken cancellation) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.OrElse(
                    await queries.ChunkAsync(id, index, cancellation), ContractsJson.Default.ChunkView, () => Problems.NoChunk(id, index)),
                cancellation))
            .WithSummary("Shows a chunk.").Produces<ChunkView>();
        api.MapGet("/runs/{run}/chunks/{index:int}/attempts", (string run, int index, RunQueries queries, CancellationToken cancellation) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.Of(await queries.AttemptsAsync(id, index, cancellation), ContractsJson.Default.IReadOnlyListAttemptView), cancellation))
            .WithSummary("Lists all attempts of a chunk, in order.").Produces<IReadOnlyList<AttemptView>>();
        api.MapGet("/runs/{run}/chunks/{index:int}/explain", (string run, int index, RunQueries queries, BrokerHealth broker, ProducerCheck producer, CancellationToken cancellation) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.OrElse(
                    await queries.ExplainAsync(id, index, broker.View(), _ => producer.ProblemAsync(), cancellation), ContractsJson.Default.Explanation,
                    () => Problems.NoChunk(id, index)),
                cancellation))
            .WithSummary("Explains the state of a chunk.").Produces<Explanation>();
    }

    private static Task<IResult> ListAsync(
        string run, RunQueries queries, CancellationToken cancellation, string? state = null, string? host = null, string? longerThan = null,
        string? error = null, int limit = 50, string? after = null)
    {
        ChunkState? parsed = state is null ? null : EnumText.Parse<ChunkState>(state);
        if (state is not null && parsed is null)
        {
            return Task.FromResult(Problems.InvalidRequest(
                $"'{state}' is not a chunk state. The states are: {string.Join(", ", Enum.GetValues<ChunkState>().Select(known => known.ToText()))}."));
        }

        var seconds = 0.0;
        if (longerThan is not null
            && !(double.TryParse(longerThan, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) && seconds is >= 0 and < 1e9))
        {
            return Task.FromResult(Problems.InvalidRequest($"longerThan must be a number of seconds such as 90 or 0.5, not '{longerThan}'."));
        }

        var filter = new ChunkFilter
        {
            State = parsed,
            Host = NullIfBlank(host),
            LongerThan = longerThan is null ? null : TimeSpan.FromSeconds(seconds),
            Error = NullIfBlank(error),
        };
        return queries.WithRunAsync(run, async id =>
            JsonResult.OrElse(
                await queries.ChunksAsync(id, filter, limit, after, cancellation), ContractsJson.Default.PageChunkView, () => Problems.NoRun(id)),
            cancellation);
    }

    private static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
