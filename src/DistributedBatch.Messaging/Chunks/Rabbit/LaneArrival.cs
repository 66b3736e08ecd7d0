using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A message that arrived on a lane.</summary>
/// <param name="Tag">Its delivery tag.</param>
/// <param name="Chunk">The chunk; null when the message was none we can run and is being put aside.</param>
/// <param name="Returns">See <see cref="ChunkDelivery.Returns"/>.</param>
internal readonly record struct LaneArrival(ulong Tag, RunChunk? Chunk, int Returns);
