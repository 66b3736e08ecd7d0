namespace DistributedBatch.Messaging.Chunks;

/// <summary>The consumer's side of the chunk queue. Every slot opens a lane of its own, so that one slot's trouble is not its neighbours'.</summary>
public interface IChunkSource
{
    /// <summary>
    /// Opens the lane of one slot. It hands out one chunk at a time and takes the next only when the last one was settled, which makes the prefetch of a
    /// host exactly the number of its free slots.
    /// </summary>
    /// <param name="name">Host and slot, for people who look at the broker.</param>
    /// <param name="resourceClass">Queue to pull from, see <see cref="ResourceClass"/>.</param>
    /// <param name="cancellation">Gives up opening.</param>
    ValueTask<IChunkLane> OpenAsync(string name, string resourceClass, CancellationToken cancellation);
}
