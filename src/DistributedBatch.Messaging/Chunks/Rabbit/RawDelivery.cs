using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A delivery of the broker.</summary>
/// <param name="Tag">Its delivery tag, valid on its own channel only.</param>
/// <param name="Properties">Its headers.</param>
/// <param name="Body">Its body, valid only until the handler returns.</param>
internal readonly record struct RawDelivery(ulong Tag, IReadOnlyBasicProperties Properties, ReadOnlyMemory<byte> Body);
