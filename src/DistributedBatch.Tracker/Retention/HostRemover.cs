using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Retention;

/// <summary>Removes offline hosts from the list of hosts. Their attempts stay, with the host's name. A host that comes back is in the list again.</summary>
internal sealed class HostRemover(TrackerDatabase database, RunQueries queries)
{
    /// <summary>Removes a host.</summary>
    /// <returns>What came of it.</returns>
    public async Task<HostRemoval> ForgetAsync(string host, CancellationToken cancellation)
    {
        if ((await queries.HostsAsync(cancellation)).FirstOrDefault(view => view.Host.Name == host) is not { } view)
            return HostRemoval.Unknown;
        if (view.Alive)
            return HostRemoval.StillOnline;
        await database.Writer.ExecuteAsync([new Statement(RemovalSql.DeleteHost, [[host, view.LastSeen.ToUnixTimeMilliseconds()]])], cancellation);
        return HostRemoval.Done;
    }
}
