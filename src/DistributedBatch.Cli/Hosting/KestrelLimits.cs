using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Limits on the size and duration of requests. They hold before a token is checked.</summary>
internal static class KestrelLimits
{
    /// <summary>Largest request body. The tracker has another limit for the outputs that hosts upload.</summary>
    private const long MaxBodyBytes = 30_000_000;

    private const long MaxConnections = 4000;

    /// <summary>Connections of one address. A browser has six, a host one for each upload.</summary>
    private const int MaxOfAddress = 500;

    /// <summary>A client that sends slower than this for longer than <see cref="Grace"/> is disconnected.</summary>
    private const double MinBytesPerSecond = 240;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstByte = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(2);

    /// <summary>Sets the limits.</summary>
    public static void Configure(IWebHostBuilder host) => host.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        var limit = new ConnectionLimit(MaxOfAddress, FirstByte, TimeProvider.System);
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection => limit.ServeAsync(connection, next)));
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(MinBytesPerSecond, Grace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(MinBytesPerSecond, Grace);
    });
}
