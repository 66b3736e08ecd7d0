namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Which slot a lane belongs to and which queue it works with.</summary>
internal sealed record LaneSite(string Name, string ResourceClass, Topology Topology)
{
    /// <summary>Where its chunks come from.</summary>
    public string Queue => Topology.ChunkQueue(ResourceClass);
}
