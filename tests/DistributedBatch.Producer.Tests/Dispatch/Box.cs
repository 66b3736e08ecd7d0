using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Tests.Dispatch;

/// <summary>One box with a real producer, the in-process queue and bus, and what the rest of the world hears of it.</summary>
internal sealed class Box : IAsyncDisposable
{
    private readonly IHost host;

    private Box(IHost host) => this.host = host;

    public RunIntake Intake => host.Services.GetRequiredService<RunIntake>();

    public MessageBus Bus => host.Services.GetRequiredService<MessageBus>();

    public IChunkSource Source => host.Services.GetRequiredService<IChunkSource>();

    public World World => host.Services.GetRequiredService<World>();

    public static async Task<Box> StartAsync(string directory, Action<ProducerOptions>? configure = null, InProcessChunkQueue? queue = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddInProcessMessaging();
        if (queue is not null)
            builder.Services.AddSingleton<IChunkPublisher>(queue).AddSingleton<IChunkSource>(queue);
        builder.Services.AddSingleton<World>();
        builder.Services.AddBusEndpoint("test.world").Handle<RunSubmitted, World>().Handle<RunChanged, World>().Handle<RunControlMessage, World>();
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

        return new Box(host);
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

    public Task<FakeHost> HostAsync(int slots = 2, Func<RunChunk, Task<AttemptOutcome>>? execute = null) =>
        FakeHost.StartAsync(Source, Bus, slots, execute ?? (_ => Task.FromResult(AttemptOutcome.Succeeded)));

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
