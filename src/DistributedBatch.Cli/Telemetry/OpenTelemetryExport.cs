using DistributedBatch.Cli.Commands;
using Microsoft.Extensions.DependencyInjection;
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
    /// <param name="services">The container under construction.</param>
    /// <param name="role">What this process is, such as <c>run</c>, <c>serve</c> or <c>consumer</c>.</param>
    public static void AddTo(IServiceCollection services, string role)
    {
        if (IsWanted)
            Add(services, role);
    }

    private static void Add(IServiceCollection services, string role)
    {
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"dbatch-{role}", serviceVersion: VersionCommand.Version, serviceInstanceId: $"{Environment.MachineName}/{Environment.ProcessId}"))
            .WithTracing(traces => traces.AddSource("DistributedBatch.*"))
            .WithMetrics(metrics => metrics.AddMeter("DistributedBatch.*"))
            .UseOtlpExporter();
        services.AddLogging(logging => logging.AddOpenTelemetry(lines =>
        {
            lines.IncludeFormattedMessage = true;
            lines.IncludeScopes = true;
        }));
    }
}
