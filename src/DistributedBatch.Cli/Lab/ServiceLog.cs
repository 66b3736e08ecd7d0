using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace DistributedBatch.Cli.Lab;

/// <summary>
/// The log of a service on standard error: one line an event with the time in UTC, for people and for journald alike; or, with <c>DBATCH_LOG_FORMAT=json</c>,
/// one JSON object an event, with run, chunk and host as fields of their own.
/// </summary>
internal static class ServiceLog
{
    private const string Time = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>Sets it up, and the export to a collector where one is named.</summary>
    /// <param name="builder">The host under construction.</param>
    /// <param name="role">What this process is, such as <c>serve</c>.</param>
    public static void Configure(IHostApplicationBuilder builder, string role)
    {
        var logging = builder.Logging;
        logging.ClearProviders();
        if (ServiceSetting.Text("log-format") == "json")
        {
            logging.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = Time;
            });
        }
        else
        {
            logging.AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = Time + " ";
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("MassTransit", LogLevel.Warning);
        OpenTelemetryExport.AddTo(builder, role);
    }
}
