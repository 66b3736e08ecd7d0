using System.Net;
using System.Net.Sockets;

namespace DistributedBatch.TestKit.Broker;

/// <summary>Ports nobody listens on at the moment.</summary>
public static class FreePort
{
    /// <summary>One such port on the loopback interface.</summary>
    public static int Next() => Several(1)[0];

    /// <summary>Several different ones, held together while they are chosen.</summary>
    public static IReadOnlyList<int> Several(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
