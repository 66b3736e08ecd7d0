using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DistributedBatch.TestKit.Network;

/// <summary>A piece of network between a client and a server that can fail: connections can be cut, or go silent without an end.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Connection, bool> connections = new();
    private readonly CancellationTokenSource closing = new();
    private readonly DnsEndPoint target;
    private readonly Task accepting;
    private volatile bool refusing;
    private volatile TaskCompletionSource flowing = new();

    /// <summary>Starts to relay to <paramref name="server"/>'s host and port.</summary>
    public TcpRelay(Uri server)
    {
        target = new DnsEndPoint(server.Host, server.Port > 0 ? server.Port : 5672);
        flowing.SetResult();
        listener.Start();
        Server = new UriBuilder(server) { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port }.Uri;
        accepting = AcceptAsync();
    }

    /// <summary>The url that leads through this relay.</summary>
    public Uri Server { get; }

    /// <summary>Connections that lead through the relay now.</summary>
    public int Count => connections.Count;

    /// <summary>Ends every connection and refuses new ones until <see cref="Heal"/>.</summary>
    public void Cut()
    {
        refusing = true;
        CutOnce();
    }

    /// <summary>Ends every connection; new ones are welcome at once.</summary>
    public void CutOnce()
    {
        foreach (var connection in connections.Keys)
            connection.Dispose();
    }

    /// <summary>A partition: connections stay open on both sides and nothing comes through any more, in neither direction.</summary>
    public void Stall()
    {
        if (flowing.Task.IsCompleted)
            flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Everything flows again.</summary>
    public void Heal()
    {
        refusing = false;
        flowing.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Stop();
        Cut();
        Heal();
        await accepting;
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptSocketAsync(closing.Token);
                if (refusing)
                    client.Dispose();
                else
                    _ = RelayAsync(client);
            }
            catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var connection = new Connection(client, new Socket(SocketType.Stream, ProtocolType.Tcp));
        connections[connection] = true;
        try
        {
            await connection.Server.ConnectAsync(target, closing.Token);
            await Task.WhenAny(PumpAsync(client, connection.Server), PumpAsync(connection.Server, client));
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; disposing the connection tells the other.
        }
        finally
        {
            connections.TryRemove(connection, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, closing.Token)) > 0)
            {
                await flowing.Task.WaitAsync(closing.Token);
                await to.SendAsync(buffer.AsMemory(0, read), closing.Token);
            }
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The end of a pump is the end of its connection.
        }
    }

    private sealed record Connection(Socket Client, Socket Server) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
