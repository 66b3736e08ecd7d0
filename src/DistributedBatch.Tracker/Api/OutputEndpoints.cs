using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Endpoints of outputs: hosts upload them and users download them, as tar archives.</summary>
internal static class OutputEndpoints
{
    private const string Tar = "application/x-tar";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPut("/runs/{run}/chunks/{index:int}/attempts/{attempt:int}/outputs", StoreAsync)
            .RequireRole(TokenRole.Host).WithSummary("Uploads an attempt's outputs (out/…) and logs (logs/out, logs/err) as a tar archive. The first success wins.").Accepts<byte[]>(Tar);
        api.MapGet("/runs/{run}/chunks/{index:int}/outputs", (string run, int index, HttpContext context, RunQueries queries, OutputStore outputs, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => PackAsync(context, outputs.DirectoryOf(id, index), $"{id}.{index}.tar", () => Problems.NoOutputs(id, index)), cancellation))
            .WithSummary("The outputs of a chunk as a tar archive.").Produces<byte[]>(contentType: Tar);
        api.MapGet("/runs/{run}/outputs", (string run, HttpContext context, RunQueries queries, OutputStore outputs, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => PackAsync(context, outputs.DirectoryOf(id), $"{id}.tar", () => Problems.NoOutputs(id)), cancellation))
            .WithSummary("The outputs of all succeeded chunks as a tar archive with a folder for each chunk.").Produces<byte[]>(contentType: Tar);
    }

    private static Task<IResult> StoreAsync(
        string run, int index, int attempt, HttpContext context, RunQueries queries, OutputStore outputs, OutputOptions options, CancellationToken cancellation)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MaxBytes;
        return queries.WithRunAsync(run, async id =>
            await outputs.StoreAsync(id, index, attempt, context.Request.Body, cancellation) switch
            {
                UnpackOutcome.Stored => Results.NoContent(),
                UnpackOutcome.Duplicate => Problems.DuplicateOutputs(id, index),
                UnpackOutcome.Rejected rejected => Problems.InvalidRequest(rejected.Sentence),
                var other => throw new InvalidOperationException($"The upload returned {other}."),
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
