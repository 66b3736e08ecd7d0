using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Hosts;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Runs: submit, steer, list, look at.</summary>
internal static class RunEndpoints
{
    private static readonly TimeSpan UntilKnown = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWithin = TimeSpan.FromMinutes(1);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/runs", SubmitAsync).Needs(TokenRole.Submit).WithSummary("Submits a run. Answers with its id, or with every mistake in it.").Accepts<RunSpec>("application/json");
        foreach (var action in Enum.GetValues<RunAction>())
        {
            api.MapPost($"/runs/{{run}}/{action.ToText()}", (string run, RunQueries queries, MessageBus bus, TrackerOptions options, CancellationToken cancellation) =>
                HttpAnswers.WithRunAsync(queries, run, id => ChangeAsync(id, action, bus, options, cancellation), cancellation))
                .WithSummary($"Asks the producer to {action.ToText()} a run.");
        }

        api.MapDelete("/runs/{run}", (
            string run, RunQueries queries, RunRemover remover, RetentionService retention, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, id => ForgetAsync(id, remover, retention, cancellation), cancellation))
            .WithSummary("Forgets a settled run with its logs and its outputs, for good.");
        api.MapGet("/runs", ListAsync).WithSummary("Lists runs, newest first.").Produces<Page<RunView>>();
        api.MapGet("/runs/{run}", (
            string run, RunQueries queries, ProjectionSignal signal, IHostApplicationLifetime lifetime, CancellationToken cancellation, double within = 0) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
            {
                var view = await queries.ShowAsync(id, cancellation);

                // One that was settled before this process began is never signalled.
                if (within > 0 && view?.State.IsSettled() == false)
                {
                    var most = TimeSpan.FromSeconds(Math.Min(within, LongestWithin.TotalSeconds));
                    await UntilSettledAsync(id, most, signal, lifetime.ApplicationStopping, cancellation);
                    view = await queries.ShowAsync(id, cancellation);
                }

                return HttpAnswers.JsonOr(view, ContractsJson.Default.RunView, () => Gone(id));
            }, cancellation))
            .WithSummary("Shows a run; with `within`, as soon as it is settled or after so many seconds, at most 60.").Produces<RunView>();
        api.MapGet("/runs/{run}/explain", (string run, RunQueries queries, BrokerHealth broker, CancellationToken cancellation) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.JsonOr(
                    await queries.ExplainAsync(id, null, broker.View(), cancellation), ContractsJson.Default.Explanation, () => Gone(id)),
                cancellation))
            .WithSummary("Says why a run stands where it stands.").Produces<Explanation>();
        api.MapGet("/runs/{run}/strip", (string run, RunQueries queries, CancellationToken cancellation, int buckets = 4096) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.JsonOr(await queries.StripAsync(id, buckets, cancellation), ContractsJson.Default.StateStrip, () => Gone(id)), cancellation))
            .WithSummary("The states of all chunks in a bounded number of buckets.").Produces<StateStrip>();
        api.MapGet("/runs/{run}/timeline", (string run, RunQueries queries, CancellationToken cancellation, int points = 300) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.JsonOr(await queries.TimelineAsync(id, points, cancellation), ContractsJson.Default.IReadOnlyListTimelineBucket, () => Gone(id)),
                cancellation))
            .WithSummary("The throughput of a run over its time, in at most about as many buckets as asked for.").Produces<IReadOnlyList<TimelineBucket>>();
        api.MapGet("/runs/{run}/slowest", (string run, RunQueries queries, CancellationToken cancellation, int limit = 10) =>
            HttpAnswers.WithRunAsync(queries, run, async id =>
                HttpAnswers.Json(await queries.SlowestAsync(id, limit, cancellation), ContractsJson.Default.IReadOnlyListAttemptView), cancellation))
            .WithSummary("The attempts that took longest.").Produces<IReadOnlyList<AttemptView>>();
        api.MapGet("/hosts", async (RunQueries queries, CancellationToken cancellation) =>
            HttpAnswers.Json(await queries.HostsAsync(cancellation), ContractsJson.Default.IReadOnlyListHostView))
            .WithSummary("Every host that was ever heard of, and what runs on it.").Produces<IReadOnlyList<HostView>>();
        api.MapGet("/hosts/{host}/slots", (string host, SlotHistory history, TimeProvider time, int minutes = 10) =>
            HttpAnswers.Json(history.Of(host, time.GetUtcNow() - TimeSpan.FromMinutes(Math.Clamp(minutes, 1, 1440))), ContractsJson.Default.IReadOnlyListSlotSpan))
            .WithSummary("What ended in the slots of a host lately, since the tracker was started and at most some hundred attempts a slot.")
            .Produces<IReadOnlyList<SlotSpan>>();
        api.MapGet("/broker", (BrokerHealth broker) => HttpAnswers.Json(broker.View(), ContractsJson.Default.BrokerView))
            .WithSummary("How the tracker stands with the broker, and what was wrong the last time.").Produces<BrokerView>();
    }

    private static async Task<IResult> ListAsync(RunQueries queries, CancellationToken cancellation, string? state = null, int limit = 50, string? after = null)
    {
        var wanted = state is null ? null : EnumText.Parse<RunState>(state);
        return state is not null && wanted is null
            ? Problems.Unreadable($"'{state}' is no state of a run. There are: {string.Join(", ", Enum.GetValues<RunState>().Select(known => known.ToText()))}.")
            : HttpAnswers.Json(await queries.ListAsync(wanted, limit, after, cancellation), ContractsJson.Default.PageRunView);
    }

    private static async Task<IResult> SubmitAsync(
        HttpRequest request, MessageBus bus, RunQueries queries, ProjectionSignal signal, TrackerOptions options, CancellationToken cancellation)
    {
        RunSpec? spec;
        try
        {
            spec = await JsonSerializer.DeserializeAsync(request.Body, RunSpecReader.Reading, cancellation);
        }
        catch (JsonException failure)
        {
            return Problems.Unreadable($"The body is not a run as JSON: {failure.Message}");
        }
        catch (BadHttpRequestException failure) when (failure.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Problems.TooLarge("The description of the run is larger than 30 MB. Put the items into a table on a shared disk and submit a range over its lines.");
        }

        if (spec is null)
            return Problems.Unreadable("The body is empty; a run as JSON is expected.");
        try
        {
            var answer = await bus.RequestAsync<SubmitRun, RunCommandResult>(new SubmitRun(spec), options.ProducerPatience, cancellation);
            if (answer.Run is not { } run)
                return Problems.Mistakes(answer.Mistakes);
            await UntilKnownAsync(run, queries, signal, cancellation);
            request.HttpContext.Response.Headers.Location = $"/api/runs/{run}";
            return Results.Json(new SubmittedRun(run), TrackerJson.Default.SubmittedRun, statusCode: StatusCodes.Status201Created);
        }
        catch (RequestUnansweredException failure)
        {
            return Problems.NoProducer(failure.Message);
        }
    }

    private static async Task<IResult> ChangeAsync(RunId run, RunAction action, MessageBus bus, TrackerOptions options, CancellationToken cancellation)
    {
        try
        {
            var answer = await bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(run, action), options.ProducerPatience, cancellation);
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
            retention.LookNow();
            return Results.NoContent();
        }
        catch (RequestUnansweredException failure)
        {
            return Problems.NoProducer(failure.Message);
        }
    }

    /// <summary>Who submits a run looks at it next, so the answer waits a moment for the projection to have heard of it.</summary>
    private static async Task UntilKnownAsync(RunId run, RunQueries queries, ProjectionSignal signal, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(UntilKnown);
        try
        {
            var change = signal.WaitForChangeAsync(run, patience.Token);
            while (await queries.ShowAsync(run, patience.Token) is null)
            {
                await change;
                change = signal.WaitForChangeAsync(run, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The run is accepted all the same; the projection is behind and will catch up.
        }
    }

    private static async Task UntilSettledAsync(RunId run, TimeSpan most, ProjectionSignal signal, CancellationToken stopping, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        patience.CancelAfter(most);
        try
        {
            await signal.WaitUntilSettledAsync(run, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It goes on, or the server stops.
        }
    }

    private static IResult Gone(RunId run) => Problems.NoRun($"Run {run} is not known here any more.");
}
