using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Producer.Tests.Loop;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Tests.Lab;

/// <summary>A producer as a service on a real broker.</summary>
internal sealed class LabProducer : IAsyncDisposable
{
    private readonly IHost host;

    private LabProducer(IHost host) => this.host = host;

    public RunIntake Intake => host.Services.GetRequiredService<RunIntake>();

    /// <summary>Cancelled when the producer wants its program to end.</summary>
    public CancellationToken Stopping => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    public MessageBus Bus => host.Services.GetRequiredService<MessageBus>();

    public IChunkSource Source => host.Services.GetRequiredService<IChunkSource>();

    public static async Task<LabProducer> StartAsync(Uri broker, Action<ProducerOptions> configure, Action<IServiceCollection>? services = null, long? maxChunkBytes = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Error));
        builder.Services.AddRabbitMessaging(options =>
        {
            (options.Url, options.StartPatience) = (broker, TimeSpan.FromSeconds(30));
            options.MaxChunkBytes = maxChunkBytes ?? options.MaxChunkBytes;
        });
        builder.Services.AddProducer(configure);
        services?.Invoke(builder.Services);
        var host = builder.Build();
        try
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }

        return new LabProducer(host);
    }

    public async Task<RunId> SubmitAsync(RunSpec spec)
    {
        var answer = await Intake.SubmitAsync(spec, TestContext.Current.CancellationToken);
        Assert.Empty(answer.Mistakes);
        return answer.Run!.Value;
    }

    public FakeHost StartHost(Func<RunChunk, Task<Contracts.Chunks.AttemptOutcome>>? execute = null) => FakeHost.Start(
        Source, Bus, slots: 2, execute ?? (_ => Task.FromResult(Contracts.Chunks.AttemptOutcome.Succeeded)));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await host.StopAsync();
        }
        finally
        {
            host.Dispose();
        }
    }
}
