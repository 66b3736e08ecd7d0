using DistributedBatch.Contracts.Json;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Tracker.Hosts;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Hosts, their slots and the broker.</summary>
internal static class HostEndpoints
{
    private const int MaxMinutes = 1440;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/hosts", async (RunQueries queries, CancellationToken cancellation) =>
            JsonResult.Of(await queries.HostsAsync(cancellation), ContractsJson.Default.IReadOnlyListHostView))
            .WithSummary("All known hosts and their running attempts.").Produces<IReadOnlyList<HostView>>();
        api.MapGet("/hosts/{host}/slots", (string host, SlotHistory history, TimeProvider time, int minutes = 10) =>
            JsonResult.Of(
                history.Of(host, time.GetUtcNow() - TimeSpan.FromMinutes(Math.Clamp(minutes, 1, MaxMinutes))), ContractsJson.Default.IReadOnlyListSlotSpan))
            .WithSummary("The attempts that ended in the slots of a host in the last minutes, since the tracker started and at most 100 for each slot.")
            .Produces<IReadOnlyList<SlotSpan>>();
        api.MapDelete("/hosts/{host}", async (string host, HostRemover remover, CancellationToken cancellation) =>
            await remover.ForgetAsync(host, cancellation) switch
            {
                HostRemoval.Done => Results.NoContent(),
                HostRemoval.Unknown => Problems.NoHost(host),
                _ => Problems.Refused([$"Host '{host}' is online. Stop its consumer first, or it would be in the list again with its next heartbeat."]),
            })
            .WithSummary("Removes an offline host from the list. Its attempts stay.").Produces(StatusCodes.Status204NoContent);
        api.MapGet("/broker", (BrokerHealth broker) => JsonResult.Of(broker.View(), ContractsJson.Default.BrokerView))
            .WithSummary("The tracker's connection to the broker and its last problem.").Produces<BrokerView>();
    }
}
