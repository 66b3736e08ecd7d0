using System.Collections.Concurrent;
using System.Threading.Channels;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Producer.Tests.Loop;

/// <summary>
/// A consumer without processes: its slots take chunks from the real queue, a function says how each ends, reports go over the real bus.
/// </summary>
internal sealed class FakeHost : IAsyncDisposable
{
    private readonly Channel<(AttemptReport Report, ChunkDelivery Delivery)> reports = Channel.CreateUnbounded<(AttemptReport, ChunkDelivery)>();
    private readonly CancellationTokenSource stop = new();
    private readonly IChunkBuffer buffer;
    private readonly MessageBus bus;
    private readonly Func<RunChunk, Task<AttemptOutcome>> execute;
    private readonly List<Task> work = [];

    private FakeHost(IChunkBuffer buffer, MessageBus bus, Func<RunChunk, Task<AttemptOutcome>> execute) =>
        (this.buffer, this.bus, this.execute) = (buffer, bus, execute);

    public ConcurrentQueue<RunChunk> Executed { get; } = new();

    public static FakeHost Start(IChunkSource source, MessageBus bus, int slots, Func<RunChunk, Task<AttemptOutcome>> execute)
    {
        var host = new FakeHost(source.Open("fake", ResourceClass.Cpu), bus, execute);
        host.buffer.Slots = slots;
        for (var slot = 0; slot < slots; slot++)
        {
            var number = slot;
            host.work.Add(Task.Run(() => host.SlotAsync(number)));
        }

        host.work.Add(Task.Run(host.FlushAsync));
        return host;
    }

    public static AttemptReport Report(RunChunk chunk, AttemptOutcome? outcome, int slot = 0) => new()
    {
        Run = chunk.Run,
        Index = chunk.Index,
        Start = chunk.Start,
        Count = chunk.Count,
        Attempt = chunk.Attempt,
        Host = "fake",
        Slot = slot,
        StartedAt = DateTimeOffset.UnixEpoch,
        Outcome = outcome,
        Duration = TimeSpan.FromMilliseconds(1),
    };

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await buffer.DisposeAsync();
        stop.Dispose();
    }

    private async Task SlotAsync(int slot)
    {
        while (!stop.IsCancellationRequested)
        {
            var delivery = await buffer.ReceiveAsync(stop.Token);
            Executed.Enqueue(delivery.Chunk);
            var outcome = await execute(delivery.Chunk).WaitAsync(stop.Token);
            delivery.Finished();
            reports.Writer.TryWrite((Report(delivery.Chunk, outcome, slot), delivery));
        }
    }

    // As the real consumer does: what ended while one message was on its way goes into the next, at most 200 at once.
    private async Task FlushAsync()
    {
        while (await reports.Reader.WaitToReadAsync(stop.Token))
        {
            var batch = new List<(AttemptReport Report, ChunkDelivery Delivery)>();
            while (batch.Count < 200 && reports.Reader.TryRead(out var ended))
                batch.Add(ended);
            await bus.PublishAsync(new AttemptReports("fake", [.. batch.Select(ended => ended.Report)]), stop.Token);
            batch.ForEach(ended => ended.Delivery.Settle());
            foreach (var (_, delivery) in batch)
                await delivery.FlushAsync();
        }
    }
}
