using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Projection;
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
        string run, int index, int attempt, HttpContext context, RunQueries queries, OutputStore outputs, HostTokens tokens, OutputOptions options, CancellationToken cancellation)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MaxBytes;
        var token = Caller.Of(context).Token;
        return queries.WithRunAsync(run, async id => await RefusalAsync(id, index, attempt, token, queries, tokens, cancellation)
            ?? await outputs.StoreAsync(id, new Upload(index, attempt, token.Id), context.Request.Body, cancellation) switch
            {
                UnpackOutcome.Stored => Results.NoContent(),
                UnpackOutcome.Duplicate => Problems.DuplicateOutputs(id, index),
                UnpackOutcome.Rejected rejected => Problems.InvalidRequest(rejected.Sentence),
                var other => throw new InvalidOperationException($"The upload returned {other}."),
            }, cancellation);
    }

    /// <summary>
    /// The response to an upload that must not be stored; null for any other. The first attempt of a chunk may end before the tracker hears that it began, so that only a later
    /// attempt must be known.
    /// </summary>
    private static async Task<IResult?> RefusalAsync(
        RunId run, int index, int attempt, TokenView token, RunQueries queries, HostTokens tokens, CancellationToken cancellation)
    {
        if (index < 0 || attempt < 1)
            return Problems.NoChunk(run, index);
        if (token.Role == TokenRole.Operate)
            return null;

        // A host tries again after this response, because the tracker may be behind.
        if (await queries.ChunkAsync(run, index, cancellation) is not { } chunk || attempt > Math.Max(1, chunk.Attempts))
            return Problems.NoChunk(run, index);
        if ((await queries.AttemptsAsync(run, index, cancellation)).FirstOrDefault(known => known.Attempt == attempt) is not { } view)
            return null;
        if (!await tokens.MaySpeakForAsync(token.Id, view.Host, cancellation))
            return Problems.WrongHost(token, view.Host);
        return view.Outcome is null or AttemptOutcome.HostLost ? null : Problems.DuplicateOutputs(run, index);
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
