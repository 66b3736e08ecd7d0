using System.Net;
using System.Net.Sockets;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>Connects to the receiver of a notification, unless it is this machine itself and that is not allowed.</summary>
/// <param name="allowsLocal">See <see cref="NotificationOptions.AllowsLocal"/>.</param>
internal sealed class NotificationConnection(bool allowsLocal)
{
    private const string Refusal = "it is an address of the server's own machine, which 'dbatch serve --notify-local' allows.";

    /// <summary>Connects. The addresses that were checked are those that are used, so a name cannot be another machine's in between.</summary>
    /// <exception cref="HttpRequestException">The receiver has only addresses that are not allowed.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var found = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
        var allowed = allowsLocal ? found : [.. found.Where(address => !IsLocal(address))];
        if (found.Length > 0 && allowed.Length == 0)
            throw new HttpRequestException(Refusal);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether an address is loopback, link-local or unspecified, also as IPv6 writes IPv4.</summary>
    public static bool IsLocal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..] or [0, ..]);
    }
}
