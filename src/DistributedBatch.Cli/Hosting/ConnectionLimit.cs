using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace DistributedBatch.Cli.Hosting;

/// <summary>
/// Limits the connections of one address, and the time before the first byte. So a machine that opens connections and sends nothing does not lock out the others.
/// It stands before TLS: a connection costs no handshake before it has sent something.
/// </summary>
/// <param name="most">Connections that an address may have at once.</param>
/// <param name="firstByte">How long a new connection may send nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionLimit(int most, TimeSpan firstByte, TimeProvider time)
{
    private readonly ConcurrentDictionary<IPAddress, int> connections = new();

    /// <summary>Serves a connection with <paramref name="next"/>, or closes it.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        try
        {
            if (connections.AddOrUpdate(address, 1, (_, open) => open + 1) <= most && await SendsAsync(connection))
                await next(connection);
            else
                connection.Abort();
        }
        finally
        {
            // Only the entry that still says 1 is removed, so that no connection is forgotten.
            if (!connections.TryRemove(KeyValuePair.Create(address, 1)))
                connections.AddOrUpdate(address, 0, (_, open) => open - 1);
        }
    }

    private async Task<bool> SendsAsync(ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(firstByte, time);
        try
        {
            var first = await connection.Transport.Input.ReadAsync(limit.Token);
            connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            return !first.Buffer.IsEmpty;
        }
        catch (Exception failure) when (failure is OperationCanceledException or ConnectionResetException or IOException)
        {
            return false;
        }
    }
}
