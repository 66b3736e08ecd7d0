using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A message as it comes from the broker.</summary>
/// <param name="Tag">What to acknowledge it with, on its own channel only.</param>
/// <param name="Properties">Its headers.</param>
/// <param name="Body">Its body, on loan: valid only until the handler returns.</param>
internal readonly record struct RawDelivery(ulong Tag, IReadOnlyBasicProperties Properties, ReadOnlyMemory<byte> Body);
