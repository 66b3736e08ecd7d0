using System.Reflection;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Messaging.Signing;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Api;
using DistributedBatch.Tracker.Dashboard;
using DistributedBatch.Tracker.Hosts;
using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Metrics;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker;

/// <summary>Adds the HTTP API to a web application: <c>AddTracker</c>, <c>AddTrackerApi</c>, then <c>MapTracker</c>.</summary>
public static class TrackerApi
{
    /// <summary>Adds the services of <see cref="MapTracker"/> to those of <see cref="TrackerRegistration.AddTracker"/>.</summary>
    public static IServiceCollection AddTrackerApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, TrackerJson.Default);
        });
        services.AddProblemDetails();
        services.AddOpenApi("v1", openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "DistributedBatch";
            document.Info.Version = Version;
            document.Info.Description = "Runs, chunks, attempts and hosts. All of /api needs 'Authorization: Bearer TOKEN'.";
            return Task.CompletedTask;
        }));
        return services
            .AddSingleton(provider => OperatorToken.ReadOrCreate(provider.GetRequiredService<AccessOptions>().TokenFile!))
            .AddSingleton<RequestLimits>()
            .AddSingleton<TokenAuthentication>()
            .AddSingleton<PrometheusText>()
            .AddSingleton<SlotHistory>()
            .AddSingleton<RetentionService>()
            .AddHostedService(provider => provider.GetRequiredService<RetentionService>());
    }

    /// <summary>Maps <c>/api</c>, <c>/metrics</c>, <c>/openapi/v1.json</c>, <c>/health</c> and the dashboard at <c>/</c>.</summary>
    public static WebApplication MapTracker(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.Use(next => context => BrowserProtection.InvokeAsync(context, next));
        app.UseRouting();
        var dataDirectory = app.Services.GetRequiredService<TrackerDatabase>().DataDirectory;
        app.Services.GetRequiredService<AccessOptions>().TrustFile ??= SigningKey.PublicFile(SigningKey.DefaultFile(dataDirectory));
        var authentication = app.Services.GetRequiredService<TokenAuthentication>();
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/metrics"),
            inside => inside.Use(next => context => authentication.InvokeAsync(context, next)));

        var api = app.MapGroup("/api");
        RunEndpoints.Map(api);
        ChunkEndpoints.Map(api);
        HostEndpoints.Map(api);
        LogEndpoints.Map(api);
        ExportEndpoints.Map(api);
        OutputEndpoints.Map(api);
        EventEndpoints.Map(api);
        TokenEndpoints.Map(api);
        SigningKeyEndpoint.Map(api);
        ServerEndpoint.Map(api, Version);
        app.MapGet("/health", () => Results.Json(new Health("ok", Version), TrackerJson.Default.Health)).WithSummary("Whether the tracker is up; needs no token.");

        // Both listen for commits and must do so from the start.
        app.Services.GetRequiredService<SlotHistory>();
        var metrics = app.Services.GetRequiredService<PrometheusText>();
        app.MapGet("/metrics", async (TrackerMetrics tracker, CancellationToken cancellation) =>
        {
            await tracker.RefreshAsync(cancellation);
            return Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8");
        }).WithSummary("The metrics of this program in the text format of Prometheus.");
        DashboardPage.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        return app;
    }

    private static string Version { get; } =
        typeof(TrackerApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
