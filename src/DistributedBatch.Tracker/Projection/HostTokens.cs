using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Which token may upload for which host. A token that is named after a host is that host's, and no other token uploads for it. Hosts without a token of their own share the
/// other tokens, so that each of them can upload for the others.
/// </summary>
internal sealed class HostTokens(TokenStore tokens, TrackerDatabase database)
{
    /// <summary>Whether the token with this id may upload for <paramref name="host"/>; false for an unknown token.</summary>
    public async Task<bool> MaySpeakForAsync(string tokenId, string host, CancellationToken cancellation)
    {
        if (tokenId == Caller.Operator.Token.Id)
            return true;
        var all = tokens.All;
        if (all.FirstOrDefault(token => token.Id == tokenId) is not { } uploader)
            return false;
        if (uploader.Role == TokenRole.Operate || uploader.Name == host)
            return true;
        return !all.Any(token => token.Role == TokenRole.Host && token.Name == host) && !await IsHostAsync(uploader.Name, cancellation);
    }

    private async Task<bool> IsHostAsync(string name, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return (await connection.ListAsync("SELECT host FROM hosts WHERE host = $1 AND status IS NOT NULL", row => row.GetString(0), cancellation, name)).Count > 0;
    }
}
