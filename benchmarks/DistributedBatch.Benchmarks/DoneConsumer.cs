using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.Benchmarks;

/// <summary>A slot that runs nothing: it says of each chunk that it succeeded.</summary>
internal static class DoneConsumer
{
    private const int ReportsAMessage = 200;

    /// <summary>Takes chunks until stopped.</summary>
    public static async Task ConsumeAsync(IServiceProvider services, int slot, CancellationToken stop)
    {
        var bus = services.GetRequiredService<MessageBus>();
        await using var buffer = services.GetRequiredService<IChunkSource>().Open($"bench-{slot}", ResourceClass.Cpu);
        buffer.Slots = 1;
        var done = new List<(ChunkDelivery Delivery, AttemptReport Report)>();
        while (!stop.IsCancellationRequested)
        {
            var next = buffer.ReceiveAsync(stop);

            // As the consumer does it: what has ended travels together, when there are many or when nothing else is to do.
            if (done.Count > 0 && (!next.IsCompleted || done.Count == ReportsAMessage))
            {
                await bus.PublishAsync(new AttemptReports("bench", [.. done.Select(end => end.Report)]), stop);
                done.ForEach(end => end.Delivery.Settle());
                await done[0].Delivery.FlushAsync();
                done.Clear();
            }

            var received = await next;
            received.Finished();
            done.Add((received, ReportOf(received.Chunk, slot)));
        }
    }

    private static AttemptReport ReportOf(RunChunk chunk, int slot) => new()
    {
        Run = chunk.Run,
        Index = chunk.Index,
        Start = chunk.Start,
        Count = chunk.Count,
        Attempt = chunk.Attempt,
        Host = "bench",
        Slot = slot,
        StartedAt = DateTimeOffset.UtcNow,
        Outcome = AttemptOutcome.Succeeded,
        Duration = TimeSpan.FromMicroseconds(1),
    };
}
