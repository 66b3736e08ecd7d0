using DistributedBatch.Cli.Commands;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace DistributedBatch.Cli.Telemetry;

/// <summary>
/// Sends traces, metrics and log lines to an OpenTelemetry collector, when the standard variables name one
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). Otherwise nothing is loaded and nothing is measured.
/// </summary>
internal static class OpenTelemetryExport
{
    private static readonly string[] Endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

    /// <summary>Whether a collector is named.</summary>
    public static bool IsWanted => Endpoints.Any(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 });

    /// <summary>Adds the export where it is wanted.</summary>
    /// <param name="builder">The host under construction.</param>
    /// <param name="role">What this process is, such as <c>run</c>, <c>serve</c> or <c>consumer</c>.</param>
    public static void AddTo(IHostApplicationBuilder builder, string role)
    {
        if (IsWanted)
            Add(builder, role);
    }

    private static void Add(IHostApplicationBuilder builder, string role)
    {
        // The exporter asks the host's settings for the variables, and our hosts have none by themselves.
        builder.Configuration.AddEnvironmentVariables();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"dbatch-{role}", serviceVersion: VersionCommand.Version, serviceInstanceId: $"{Environment.MachineName}/{Environment.ProcessId}"))
            .WithTracing(traces => traces.AddSource("DistributedBatch.*"))
            .WithMetrics(metrics => metrics.AddMeter("DistributedBatch.*"))
            .UseOtlpExporter();
        builder.Logging.AddOpenTelemetry(lines =>
        {
            lines.IncludeFormattedMessage = true;
            lines.IncludeScopes = true;
        });
    }
}
