using System.Diagnostics;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary><c>/api/server</c>: the state of the server's database, disk, broker and producer.</summary>
internal static class ServerEndpoint
{
    public static void Map(RouteGroupBuilder api, string version) =>
        api.MapGet("/server", async (
            RunQueries queries, TrackerDatabase database, ProjectionQueue queue, AttemptFileWriter files, RunCommands commands, BrokerHealth broker, MessageRefusals refusals, TimeProvider time, CancellationToken cancellation) =>
        {
            var producer = commands.ProducerProblemAsync(cancellation);
            var (databaseProblem, took) = await DatabaseProblemAsync(queries, database, cancellation);
            var view = new ServerView
            {
                Version = version,
                Now = time.GetUtcNow(),
                Database = database.Place,
                DatabaseProblem = databaseProblem,
                DatabaseMilliseconds = Math.Round(took.TotalMilliseconds, 1),
                DiskFreeBytes = new DriveInfo(database.DataDirectory).AvailableFreeSpace,
                FilesProblem = files.Problem,
                BrokerVersion = broker.Version?.Text,
                BrokerProblem = ProblemOf(broker.Current),
                ProducerProblem = await producer,
                Waiting = queue.Count,
                RefusedMessages = refusals.Count,
                LastRefusal = refusals.LastReason,
            };
            return JsonResult.Of(view, ContractsJson.Default.ServerView);
        }).WithSummary("The state of the server's database, disk, broker and producer.").Produces<ServerView>();

    private static async Task<(string? Problem, TimeSpan Took)> DatabaseProblemAsync(RunQueries queries, TrackerDatabase database, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await queries.TotalsAsync(cancellation);
            return (null, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception failure) when (database.Explain(failure) is { } sentence)
        {
            return (sentence, Stopwatch.GetElapsedTime(started));
        }
    }

    private static string? ProblemOf(BrokerState state) => state switch
    {
        BrokerState.Blocked blocked => $"it accepts no messages: {blocked.Reason}",
        BrokerState.Away away => $"not connected: {away.Reason}",
        BrokerState.Refused refused => $"refused: {refused.Reason}",
        _ => null,
    };
}
