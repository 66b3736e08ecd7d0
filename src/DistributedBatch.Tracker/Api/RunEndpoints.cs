using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Endpoints of runs: submit, change, list, show.</summary>
internal static class RunEndpoints
{
    private static readonly TimeSpan SubmittedTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxWithin = TimeSpan.FromMinutes(1);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/runs", SubmitAsync).RequireRole(TokenRole.Submit).WithSummary("Submits a run. Returns its id, or all mistakes in it.").Accepts<RunSpec>("application/json");
        foreach (var action in Enum.GetValues<RunAction>())
        {
            api.MapPost($"/runs/{{run}}/{action.ToText()}", (string run, HttpContext context, RunQueries queries, RunCommands commands, CancellationToken cancellation) =>
                queries.WithRunAsync(run, id => ChangeAsync(id, action, Caller.Of(context), queries, commands, cancellation), cancellation))
                .RequireControl()
                .WithSummary($"Asks the producer to {action.ToText()} a run.");
        }

        api.MapDelete("/runs/{run}", (
            string run, RunQueries queries, RunRemover remover, RetentionService retention, CancellationToken cancellation) =>
            queries.WithRunAsync(run, id => ForgetAsync(id, remover, retention, cancellation), cancellation))
            .WithSummary("Removes a settled run with its logs and outputs, for good.");
        api.MapGet("/runs", ListAsync).WithSummary("Lists runs, newest first.").Produces<Page<RunView>>();
        api.MapGet("/runs/{run}", (
            string run, RunQueries queries, ProjectionSignal signal, IHostApplicationLifetime lifetime, CancellationToken cancellation, double within = 0) =>
            queries.WithRunAsync(run, async id =>
            {
                var view = await queries.ShowAsync(id, cancellation);

                // A run that was settled before this process started is never signalled.
                if (within > 0 && view?.State.IsSettled() == false)
                {
                    var timeout = TimeSpan.FromSeconds(Math.Min(within, MaxWithin.TotalSeconds));
                    await WaitUntilSettledAsync(id, timeout, signal, lifetime.ApplicationStopping, cancellation);
                    view = await queries.ShowAsync(id, cancellation);
                }

                return JsonResult.OrElse(view, ContractsJson.Default.RunView, () => Problems.NoRun(id));
            }, cancellation))
            .WithSummary("Shows a run. With `within`, waits up to that many seconds, at most 60, until the run is settled.").Produces<RunView>();
        api.MapGet("/runs/{run}/explain", (string run, RunQueries queries, BrokerHealth broker, ProducerCheck producer, CancellationToken cancellation) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.OrElse(
                    await queries.ExplainAsync(id, null, broker.View(), _ => producer.ProblemAsync(), cancellation), ContractsJson.Default.Explanation,
                    () => Problems.NoRun(id)),
                cancellation))
            .WithSummary("Explains the state of a run.").Produces<Explanation>();
        api.MapGet("/runs/{run}/strip", (string run, RunQueries queries, CancellationToken cancellation, int buckets = 4096) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.OrElse(await queries.StripAsync(id, buckets, cancellation), ContractsJson.Default.StateStrip, () => Problems.NoRun(id)), cancellation))
            .WithSummary("The states of all chunks in a limited number of buckets.").Produces<StateStrip>();
        api.MapGet("/runs/{run}/timeline", (string run, RunQueries queries, CancellationToken cancellation, int points = 300) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.OrElse(await queries.TimelineAsync(id, points, cancellation), ContractsJson.Default.IReadOnlyListTimelineBucket, () => Problems.NoRun(id)),
                cancellation))
            .WithSummary("The throughput of a run over time, in about the requested number of buckets at most.").Produces<IReadOnlyList<TimelineBucket>>();
        api.MapGet("/runs/{run}/slowest", (string run, RunQueries queries, CancellationToken cancellation, int limit = 10) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.Of(await queries.SlowestAsync(id, limit, cancellation), ContractsJson.Default.IReadOnlyListAttemptView), cancellation))
            .WithSummary("Lists the longest attempts.").Produces<IReadOnlyList<AttemptView>>();
        api.MapGet("/runs/{run}/failed-attempts", (string run, RunQueries queries, CancellationToken cancellation, int limit = 10) =>
            queries.WithRunAsync(run, async id =>
                JsonResult.Of(await queries.FailedAttemptsAsync(id, limit, cancellation), ContractsJson.Default.IReadOnlyListAttemptView), cancellation))
            .WithSummary("Lists the latest failed attempts, also those whose chunk runs again.").Produces<IReadOnlyList<AttemptView>>();
    }

    private static async Task<IResult> ListAsync(RunQueries queries, CancellationToken cancellation, string? state = null, int limit = 50, string? after = null)
    {
        var parsed = state is null ? null : EnumText.Parse<RunState>(state);
        return state is not null && parsed is null
            ? Problems.InvalidRequest($"'{state}' is not a run state. The states are: {string.Join(", ", Enum.GetValues<RunState>().Select(known => known.ToText()))}.")
            : JsonResult.Of(await queries.ListAsync(parsed, limit, after, cancellation), ContractsJson.Default.PageRunView);
    }

    private static async Task<IResult> SubmitAsync(
        HttpRequest request, RunCommands commands, RunQueries queries, ProjectionSignal signal, CancellationToken cancellation)
    {
        RunSpec? spec;
        try
        {
            spec = await JsonSerializer.DeserializeAsync(request.Body, RunSpecReader.Reading, cancellation);
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            return Problems.InvalidRequest($"The body is not a run as JSON: {failure.Message}");
        }
        catch (BadHttpRequestException failure) when (failure.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Problems.TooLarge("The run is larger than 30 MB. Put the items into a table on a shared disk and submit a range over its lines.");
        }

        if (spec is null)
            return Problems.InvalidRequest("The body is empty. Send a run as JSON.");
        var id = spec.Id ?? RunId.New();
        try
        {
            var answer = await commands.SubmitAsync(spec with { Id = id, Submitter = Caller.Of(request.HttpContext).Token.Name }, cancellation);
            if (answer.Run is not { } run)
                return Problems.InvalidRun(answer.Mistakes);
            await WaitUntilKnownAsync(run, queries, signal, cancellation);
            request.HttpContext.Response.Headers.Location = $"/api/runs/{run}";
            return Results.Json(new SubmittedRun(run), TrackerJson.Default.SubmittedRun, statusCode: StatusCodes.Status201Created);
        }
        catch (RequestUnansweredException failure)
        {
            return Problems.NoProducer($"{failure.Message} If the producer got the request, the run starts as {id}; 'dbatch show {id}' tells. Look before you submit again.");
        }
    }

    private static async Task<IResult> ChangeAsync(
        RunId run, RunAction action, Caller caller, RunQueries queries, RunCommands commands, CancellationToken cancellation)
    {
        if (!caller.MayControl(await queries.SubmitterAsync(run, cancellation)))
            return Problems.Forbidden(caller.Token, TokenRole.Operate);
        try
        {
            var answer = await commands.ChangeAsync(run, action, cancellation);
            return answer.Mistakes.Count > 0
                ? Problems.Refused(answer.Mistakes)
                : Results.Json(new SubmittedRun(answer.Run ?? run), TrackerJson.Default.SubmittedRun);
        }
        catch (RequestUnansweredException failure)
        {
            return Problems.NoProducer(failure.Message);
        }
    }

    private static async Task<IResult> ForgetAsync(RunId run, RunRemover remover, RetentionService retention, CancellationToken cancellation)
    {
        try
        {
            var answer = await remover.ForgetAsync(run, cancellation);
            if (answer.Mistakes.Count > 0)
                return Problems.Refused(answer.Mistakes);
            retention.RunNow();
            return Results.NoContent();
        }
        catch (RequestUnansweredException failure)
        {
            return Problems.NoProducer(failure.Message);
        }
    }

    /// <summary>Waits a moment until the projection knows the run, because the client will query it next.</summary>
    private static async Task WaitUntilKnownAsync(RunId run, RunQueries queries, ProjectionSignal signal, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(SubmittedTimeout);
        try
        {
            var change = signal.WaitForChangeAsync(run, timeout.Token);
            while (await queries.ShowAsync(run, timeout.Token) is null)
            {
                await change;
                change = signal.WaitForChangeAsync(run, timeout.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The run is accepted. The projection is late and will catch up.
        }
    }

    private static async Task WaitUntilSettledAsync(RunId run, TimeSpan limit, ProjectionSignal signal, CancellationToken stopping, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        timeout.CancelAfter(limit);
        try
        {
            await signal.WaitUntilSettledAsync(run, timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The run is still active, or the server stops.
        }
    }
}
