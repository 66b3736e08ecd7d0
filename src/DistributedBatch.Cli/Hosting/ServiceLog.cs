using DistributedBatch.Cli.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace DistributedBatch.Cli.Hosting;

/// <summary>
/// The log of a service on standard error: one line per event with the time in UTC. With <c>DBATCH_LOG_FORMAT=json</c> each event is a JSON object with
/// run, chunk and host as fields.
/// </summary>
internal static class ServiceLog
{
    private const string Time = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>Configures the log, and the export to a collector when one is named.</summary>
    /// <param name="builder">The host under construction.</param>
    /// <param name="role">Role of this process, such as <c>serve</c>.</param>
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
