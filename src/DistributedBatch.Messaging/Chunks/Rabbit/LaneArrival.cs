using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A message that arrived on a lane.</summary>
/// <param name="Tag">Its delivery tag.</param>
/// <param name="Chunk">The chunk; null when the message is none to run here and the lane deals with it.</param>
/// <param name="Returned">See <see cref="ChunkDelivery.Returned"/>.</param>
internal readonly record struct LaneArrival(ulong Tag, RunChunk? Chunk = null, bool Returned = false);
