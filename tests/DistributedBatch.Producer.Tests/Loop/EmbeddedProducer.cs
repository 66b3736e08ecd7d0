using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Tests.Loop;

/// <summary>A real producer with the queue and the bus of one process, and what it publishes.</summary>
internal sealed class EmbeddedProducer : IAsyncDisposable
{
    private readonly IHost host;

    private EmbeddedProducer(IHost host) => this.host = host;

    public RunIntake Intake => host.Services.GetRequiredService<RunIntake>();

    public LoopInbox Inbox => host.Services.GetRequiredService<LoopInbox>();

    public MessageBus Bus => host.Services.GetRequiredService<MessageBus>();

    public IChunkSource Source => host.Services.GetRequiredService<IChunkSource>();

    public PublishedRuns Published => host.Services.GetRequiredService<PublishedRuns>();

    public static async Task<EmbeddedProducer> StartAsync(string directory, Action<ProducerOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddInProcessMessaging();
        builder.Services.AddSingleton<PublishedRuns>();
        builder.Services.AddBusEndpoint("test.published")
            .Handle<RunSubmitted, PublishedRuns>()
            .Handle<RunChanged, PublishedRuns>()
            .Handle<RunControlMessage, PublishedRuns>();
        builder.Services.AddProducer(options =>
        {
            options.DataDirectory = directory;
            options.Standby = false;
            configure?.Invoke(options);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new EmbeddedProducer(host);
    }

    public static RunSpec Spec(long total, long? chunk = 1, string name = "test") => new()
    {
        Name = name,
        Dataset = new RangeDataset(total),
        Job = new JobSpec { Command = ["true"], Grace = TimeSpan.Zero },
        ChunkSize = chunk,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    public async Task<RunId> SubmitAsync(RunSpec spec)
    {
        var answer = await Intake.SubmitAsync(spec, TestContext.Current.CancellationToken);
        Assert.Empty(answer.Mistakes);
        return answer.Run!.Value;
    }

    public FakeHost StartHost(int slots = 2, Func<RunChunk, Task<AttemptOutcome>>? execute = null) =>
        FakeHost.Start(Source, Bus, slots, execute ?? (_ => Task.FromResult(AttemptOutcome.Succeeded)));

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
