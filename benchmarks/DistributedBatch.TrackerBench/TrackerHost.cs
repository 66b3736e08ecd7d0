using System.Globalization;
using DistributedBatch.Messaging;
using DistributedBatch.Tracker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.TrackerBench;

/// <summary>A whole tracker on this machine: bus in memory, database on disk, Kestrel on a loopback port.</summary>
internal static class TrackerHost
{
    public static async Task<WebApplication> StartAsync(string dataDirectory, int port, string? database = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        builder.Services.AddRouting().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddInProcessMessaging().AddTracker(options => (options.DataDirectory, options.Database) = (dataDirectory, database)).AddTrackerApi();
        var app = builder.Build();
        app.MapTracker();
        await app.StartAsync();
        return app;
    }
}
