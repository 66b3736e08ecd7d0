using System.Globalization;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Chunks and their attempts.</summary>
internal static class ChunkEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/runs/{run}/chunks", ListAsync)
            .WithSummary("Lists the chunks of a run by number; state, host, longerThan (seconds) and error narrow the list.").Produces<Page<ChunkView>>();
        api.MapGet("/runs/{run}/failures", (string run, RunQueries queries, CancellationToken cancellation, int limit = 50, string? after = null) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.JsonOr(await queries.FailuresAsync(id, limit, after, cancellation), ContractsJson.Default.PageChunkView, () => Gone(id)),
                cancellation))
            .WithSummary("The failed chunks, each with what its last attempt wrote.").Produces<Page<ChunkView>>();
        api.MapGet("/runs/{run}/chunks/{index:int}", (string run, int index, RunQueries queries, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.JsonOr(
                    await queries.ChunkAsync(id, index, cancellation), ContractsJson.Default.ChunkView, () => Problems.NoChunk(id.Value, index)),
                cancellation))
            .WithSummary("Shows a chunk.").Produces<ChunkView>();
        api.MapGet("/runs/{run}/chunks/{index:int}/attempts", (string run, int index, RunQueries queries, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.Json(await queries.AttemptsAsync(id, index, cancellation), ContractsJson.Default.IReadOnlyListAttemptView), cancellation))
            .WithSummary("All attempts of a chunk, first to last.").Produces<IReadOnlyList<AttemptView>>();
        api.MapGet("/runs/{run}/chunks/{index:int}/explain", (string run, int index, RunQueries queries, BrokerHealth broker, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.JsonOr(
                    await queries.ExplainAsync(id, index, broker.View(), cancellation), ContractsJson.Default.Explanation,
                    () => Problems.NoChunk(id.Value, index)),
                cancellation))
            .WithSummary("Says why a chunk stands where it stands.").Produces<Explanation>();
    }

    private static Task<IResult> ListAsync(
        string run, RunQueries queries, CancellationToken cancellation, string? state = null, string? host = null, string? longerThan = null,
        string? error = null, int limit = 50, string? after = null)
    {
        ChunkState? wanted = state is null ? null : EnumText.Parse<ChunkState>(state);
        if (state is not null && wanted is null)
        {
            return Task.FromResult(Problems.Unreadable(
                $"'{state}' is no state of a chunk. There are: {string.Join(", ", Enum.GetValues<ChunkState>().Select(known => known.ToText()))}."));
        }

        var seconds = 0.0;
        if (longerThan is not null
            && !(double.TryParse(longerThan, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) && seconds is >= 0 and < 1e9))
        {
            return Task.FromResult(Problems.Unreadable($"longerThan is a number of seconds such as 90 or 0.5, not '{longerThan}'."));
        }

        var filter = new ChunkFilter
        {
            State = wanted,
            Host = Given(host),
            LongerThan = longerThan is null ? null : TimeSpan.FromSeconds(seconds),
            Error = Given(error),
        };
        return HttpAnswers.WithRunAsync(queries, run, async id =>
            HttpAnswers.JsonOr(
                await queries.ChunksAsync(id, filter, limit, after, cancellation), ContractsJson.Default.PageChunkView, () => Gone(id)),
            cancellation);
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static IResult Gone(RunId run) => Problems.NoRun($"Run {run} is not known here any more.");
}
