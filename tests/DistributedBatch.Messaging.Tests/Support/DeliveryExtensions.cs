using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>What a slot does with a chunk whose attempt has ended and is reported.</summary>
internal static class DeliveryExtensions
{
    /// <summary>Ends and acknowledges one chunk.</summary>
    public static Task AcknowledgeAsync(this ChunkDelivery delivery) => new[] { delivery }.AcknowledgeAsync();

    /// <summary>Ends and acknowledges chunks of one buffer together.</summary>
    public static async Task AcknowledgeAsync(this IReadOnlyCollection<ChunkDelivery> deliveries)
    {
        foreach (var delivery in deliveries)
        {
            delivery.Finished();
            delivery.Settle();
        }

        foreach (var delivery in deliveries)
            await delivery.FlushAsync();
    }
}
