using System.Data.Common;
using System.Diagnostics;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary><c>/api/server</c>: the server looks at its database, its disk, its broker and its producer.</summary>
internal static class ServerEndpoint
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder api, string version) =>
        api.MapGet("/server", async (
            RunQueries queries, TrackerDatabase database, ProjectionIntake intake, MessageBus bus, BrokerHealth broker, TimeProvider time, CancellationToken cancellation) =>
        {
            var producer = ProducerProblemAsync(bus, cancellation);
            var (databaseProblem, took) = await DatabaseProblemAsync(queries, cancellation);
            var view = new ServerView
            {
                Version = version,
                Now = time.GetUtcNow(),
                Database = database.Place,
                DatabaseProblem = databaseProblem,
                DatabaseMilliseconds = Math.Round(took.TotalMilliseconds, 1),
                DiskFreeBytes = new DriveInfo(database.DataDirectory).AvailableFreeSpace,
                BrokerVersion = broker.Version?.Text,
                BrokerProblem = ProblemOf(broker.Current),
                ProducerProblem = await producer,
                Waiting = intake.Reader.CanCount ? intake.Reader.Count : 0,
            };
            return HttpAnswers.Json(view, ContractsJson.Default.ServerView);
        }).WithSummary("How the server stands with its database, disk, broker and producer.").Produces<ServerView>();

    private static async Task<(string? Problem, TimeSpan Took)> DatabaseProblemAsync(RunQueries queries, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await queries.TotalsAsync(cancellation);
            return (null, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception failure) when (failure is DbException or IOException or TimeoutException)
        {
            return (failure.Message, Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Asks for a change of a run that cannot be. Whatever comes back, a producer has answered.</summary>
    private static async Task<string?> ProducerProblemAsync(MessageBus bus, CancellationToken cancellation)
    {
        try
        {
            await bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(RunId.New(), RunAction.Resume), Patience, cancellation);
            return null;
        }
        catch (RequestUnansweredException failure)
        {
            return failure.Message;
        }
    }

    private static string? ProblemOf(BrokerState state) => state switch
    {
        BrokerState.Blocked blocked => $"it takes no messages: {blocked.Reason}",
        BrokerState.Away away => $"not connected: {away.Reason}",
        BrokerState.Refused refused => $"refused: {refused.Reason}",
        _ => null,
    };
}
