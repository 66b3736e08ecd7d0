using DistributedBatch.Cli.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace DistributedBatch.Cli.Hosting;

/// <summary>
/// Sends traces, metrics and log lines to an OpenTelemetry collector when the standard variables name one
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). Without a collector it loads and measures nothing.
/// </summary>
internal static class OpenTelemetryExport
{
    private static readonly string[] Endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

    /// <summary>Whether a collector is named.</summary>
    public static bool IsConfigured => Endpoints.Any(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 });

    /// <summary>Adds the export when a collector is named.</summary>
    /// <param name="builder">The host under construction.</param>
    /// <param name="role">Role of this process, such as <c>run</c>, <c>serve</c> or <c>consumer</c>.</param>
    public static void AddTo(IHostApplicationBuilder builder, string role)
    {
        if (IsConfigured)
            Add(builder, role);
    }

    private static void Add(IHostApplicationBuilder builder, string role)
    {
        // The exporter reads the variables from the host's configuration, which is empty in our hosts.
        builder.Configuration.AddEnvironmentVariables();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"dbatch-{role}", serviceVersion: ProgramVersion.Text, serviceInstanceId: $"{Environment.MachineName}/{Environment.ProcessId}"))
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
