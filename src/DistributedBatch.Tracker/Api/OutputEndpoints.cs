using DistributedBatch.Contracts.Api;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Outputs: hosts bring them, people take them, both as tar archives.</summary>
internal static class OutputEndpoints
{
    private const string Tar = "application/x-tar";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPut("/runs/{run}/chunks/{index:int}/attempts/{attempt:int}/outputs", TakeAsync)
            .Needs(TokenRole.Host).WithSummary("A host brings an attempt's outputs (out/…) and logs (logs/out, logs/err) as a tar archive. The first success wins.").Accepts<byte[]>(Tar);
        api.MapGet("/runs/{run}/chunks/{index:int}/outputs", (string run, int index, HttpContext context, RunQueries queries, OutputStore outputs, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, id => PackAsync(context, outputs.DirectoryOf(id, index), $"{id}.{index}.tar", () => Problems.NoOutputs(id.Value, index)), cancellation))
            .WithSummary("The outputs of a chunk as a tar archive.").Produces<byte[]>(contentType: Tar);
        api.MapGet("/runs/{run}/outputs", (string run, HttpContext context, RunQueries queries, OutputStore outputs, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, id => PackAsync(context, outputs.DirectoryOf(id), $"{id}.tar", () => Problems.NoRunOutputs(id.Value)), cancellation))
            .WithSummary("The outputs of all succeeded chunks as a tar archive with a folder a chunk.").Produces<byte[]>(contentType: Tar);
    }

    private static Task<IResult> TakeAsync(
        string run, int index, int attempt, HttpContext context, RunQueries queries, OutputStore outputs, TrackerOptions options, CancellationToken cancellation)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MostOutputBytes;
        return HttpAnswers.WithRunAsync(queries, run, async id =>
            await outputs.TakeAsync(id, index, attempt, context.Request.Body, cancellation) switch
            {
                UnpackOutcome.Kept => Results.NoContent(),
                UnpackOutcome.TooLate => Problems.OutputsTooLate(id.Value, index),
                UnpackOutcome.Refused refused => Problems.Unreadable(refused.Sentence),
                var other => throw new InvalidOperationException($"Outputs were brought and {other} came of it."),
            }, cancellation);
    }

    private static async Task<IResult> PackAsync(HttpContext context, string directory, string name, Func<IResult> nothing)
    {
        if (!Directory.Exists(directory))
            return nothing();
        context.Response.ContentType = Tar;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        await OutputStore.PackAsync(directory, context.Response.Body, context.RequestAborted);
        return Results.Empty;
    }
}
