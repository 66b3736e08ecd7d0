using System.Net.Http.Headers;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Api;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Tests.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Tracker.Tests.Api;

/// <summary>A whole tracker behind Kestrel on a free port of this machine, with a real bus in memory and a client that knows the token.</summary>
internal sealed class ApiBench : IAsyncDisposable
{
    private readonly TestDirectory directory = new();

    private ApiBench(WebApplication app) => App = app;

    public WebApplication App { get; private set; }

    public string DataDirectory => directory.Path;

    public HttpClient Client { get; private set; } = null!;

    public ScriptedProducer Producer => App.Services.GetRequiredService<ScriptedProducer>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ApiBench> StartAsync(Action<TrackerOptions>? configure = null, bool withProducer = true)
    {
        var bench = new ApiBench(null!);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddInProcessMessaging()
            .AddTracker(options =>
            {
                options.DataDirectory = bench.DataDirectory;
                options.CommitInterval = TimeSpan.FromMilliseconds(1);
                configure?.Invoke(options);
            })
            .AddTrackerApi();
        if (withProducer)
        {
            builder.Services.AddSingleton<ScriptedProducer>();
            builder.Services.AddBusEndpoint("dbatch.producer").Answer<SubmitRun, RunCommandResult, ScriptedProducer>().Answer<ChangeRun, RunCommandResult, ScriptedProducer>()
                .Answer<ForgetRun, RunCommandResult, ScriptedProducer>();
        }

        bench.App = builder.Build();
        bench.App.MapTracker();
        await bench.App.StartAsync(Cancellation);
        bench.Client = new HttpClient { BaseAddress = new Uri(bench.App.Urls.Single()) };
        bench.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await File.ReadAllTextAsync(Path.Combine(bench.DataDirectory, "token"), Cancellation)).Trim());
        return bench;
    }

    /// <summary>Says something as producer or consumer would, and waits until the tracker has committed it.</summary>
    public async Task HearAsync(params object[] messages)
    {
        var intake = App.Services.GetRequiredService<ProjectionIntake>();
        foreach (var message in messages)
        {
            await (message switch
            {
                RunSubmitted submitted => intake.HandleAsync(submitted, Cancellation),
                RunChanged changed => intake.HandleAsync(changed, Cancellation),
                AttemptReports reports => intake.HandleAsync(reports, Cancellation),
                HostHeartbeat heartbeat => intake.HandleAsync(heartbeat, Cancellation),
                _ => throw new ArgumentException(message.ToString()),
            });
        }
    }

    /// <summary>The log directory of a run, made.</summary>
    public string Logs(string run) => Directory.CreateDirectory(Path.Combine(DataDirectory, "runs", run, "logs")).FullName;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        directory.Dispose();
    }
}
