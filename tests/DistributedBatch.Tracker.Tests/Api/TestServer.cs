using System.Net.Http.Headers;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.TestKit.Files;
using DistributedBatch.Tracker.Projection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Tracker.Tests.Api;

/// <summary>A whole tracker with Kestrel on a free port, a real bus in memory, and a client that has the token.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TempDirectory directory = new();

    private TestServer(WebApplication app) => App = app;

    public WebApplication App { get; private set; }

    public string DataDirectory => directory.Path;

    public HttpClient Client { get; private set; } = null!;

    public FakeProducer Producer => App.Services.GetRequiredService<FakeProducer>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestServer> StartAsync(Action<TrackerOptions>? configure = null, bool withProducer = true)
    {
        var server = new TestServer(null!);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddInProcessMessaging()
            .AddTracker(options =>
            {
                options.DataDirectory = server.DataDirectory;
                options.Projection.CommitInterval = TimeSpan.FromMilliseconds(1);
                configure?.Invoke(options);
            })
            .AddTrackerApi();
        if (withProducer)
        {
            builder.Services.AddSingleton<FakeProducer>();
            builder.Services.AddBusEndpoint(Topology.ProducerCommandsQueue)
                .Answer<SubmitRun, RunCommandResult, FakeProducer>()
                .Answer<ChangeRun, RunCommandResult, FakeProducer>()
                .Answer<ForgetRun, RunCommandResult, FakeProducer>();
        }

        server.App = builder.Build();
        server.App.MapTracker();
        await server.App.StartAsync(Cancellation);
        server.Client = new HttpClient { BaseAddress = new Uri(server.App.Urls.Single()) };
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await File.ReadAllTextAsync(Path.Combine(server.DataDirectory, "token"), Cancellation)).Trim());
        return server;
    }

    /// <summary>Sends messages as the producer and consumers do, and waits until the tracker has committed them.</summary>
    public async Task PublishAsync(params object[] messages)
    {
        var queue = App.Services.GetRequiredService<ProjectionQueue>();
        foreach (var message in messages)
        {
            await (message switch
            {
                RunSubmitted submitted => queue.HandleAsync(submitted, Cancellation),
                RunChanged changed => queue.HandleAsync(changed, Cancellation),
                AttemptReports reports => queue.HandleAsync(reports, Cancellation),
                HostHeartbeat heartbeat => queue.HandleAsync(heartbeat, Cancellation),
                _ => throw new ArgumentException(message.ToString()),
            });
        }
    }

    /// <summary>Creates the log directory of a run.</summary>
    public string Logs(string run) => Directory.CreateDirectory(Path.Combine(DataDirectory, "runs", run, "logs")).FullName;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        directory.Dispose();
    }
}
