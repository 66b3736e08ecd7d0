using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DistributedBatch.Cli.Lab;

/// <summary>How long and how large a request may be, before anybody has looked at its token.</summary>
internal static class ServerLimits
{
    /// <summary>Largest body; of outputs, which hosts bring, the tracker has a limit of its own.</summary>
    private const long MostBytes = 30_000_000;

    private const long MostConnections = 2000;

    /// <summary>Whoever sends slower than this for longer than <see cref="Grace"/> is cut off.</summary>
    private const double LeastBytesASecond = 240;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(2);

    /// <summary>Sets them.</summary>
    public static void Configure(IWebHostBuilder host) => host.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MostBytes;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(LeastBytesASecond, Grace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(LeastBytesASecond, Grace);
    });
}
