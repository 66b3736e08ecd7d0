using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Producer.Tests.Lab;

/// <summary>The heartbeats of a host with two free slots.</summary>
internal sealed class Heartbeats : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task beating;

    public Heartbeats(MessageBus bus) => beating = BeatAsync(bus);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task BeatAsync(MessageBus bus)
    {
        var status = new HostStatus { Name = "fake", Version = "1", Cores = 2, Slots = 2 };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (await timer.WaitForNextTickAsync(stop.Token))
            await bus.PublishAsync(new HostHeartbeat(status, DateTimeOffset.UtcNow, []), stop.Token);
    }
}
