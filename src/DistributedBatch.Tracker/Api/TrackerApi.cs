using System.Reflection;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Dashboard;
using DistributedBatch.Tracker.Hosts;
using DistributedBatch.Tracker.Metrics;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Retention;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Puts the HTTP side of the tracker into a web application: <c>AddTracker</c>, <c>AddTrackerApi</c>, then <c>MapTracker</c>.</summary>
public static class TrackerApi
{
    /// <summary>Adds what <see cref="MapTracker"/> needs on top of <see cref="TrackerRegistration.AddTracker"/>.</summary>
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
            document.Info.Description = "Runs, chunks, attempts and hosts. All of /api asks for 'Authorization: Bearer TOKEN'.";
            return Task.CompletedTask;
        }));
        return services
            .AddSingleton(provider => OperatorToken.ReadOrCreate(TokenFile(provider.GetRequiredService<TrackerOptions>())))
            .AddSingleton(provider => new TokenStore(
                provider.GetRequiredService<TrackerOptions>().DataDirectory, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<RequestLimits>()
            .AddSingleton<TokenGate>()
            .AddSingleton<OutputStore>()
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
        app.Use(next => context => BrowserGuard.InvokeAsync(context, next));
        app.UseRouting();
        var gate = app.Services.GetRequiredService<TokenGate>();
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/metrics"),
            inside => inside.Use(next => context => gate.InvokeAsync(context, next)));

        var api = app.MapGroup("/api");
        RunEndpoints.Map(api);
        ChunkEndpoints.Map(api);
        LogEndpoints.Map(api);
        ExportEndpoints.Map(api);
        OutputEndpoints.Map(api);
        EventEndpoints.Map(api);
        TokenEndpoints.Map(api);
        SigningKeyEndpoint.Map(api);
        ServerEndpoint.Map(api, Version);
        app.MapGet("/health", () => Results.Json(new Health("ok", Version), TrackerJson.Default.Health)).WithSummary("Whether the tracker is up; needs no token.");
        app.Services.GetRequiredService<ProjectionSignal>().BatchCommitted += app.Services.GetRequiredService<SlotHistory>().Add;
        // Asked for here, so that it listens from the start.
        var metrics = app.Services.GetRequiredService<PrometheusText>();
        app.MapGet("/metrics", async (TrackerMetrics tracker, CancellationToken cancellation) =>
        {
            await tracker.RefreshAsync(cancellation);
            return Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8");
        }).WithSummary("What this program measures, as Prometheus reads it.");
        DashboardPage.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        return app;
    }

    /// <summary>Where the operator token is, so that a client on the same machine finds it.</summary>
    public static string TokenFile(TrackerOptions options) => options.TokenFile ?? Path.Combine(options.DataDirectory, "token");

    private static string Version { get; } =
        typeof(TrackerApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
