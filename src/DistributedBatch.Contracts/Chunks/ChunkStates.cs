namespace DistributedBatch.Contracts.Chunks;

/// <summary>Questions about a <see cref="ChunkState"/>.</summary>
public static class ChunkStates
{
    /// <summary>Whether the state is one of the three a chunk can end in.</summary>
    public static bool IsFinal(this ChunkState state) => state >= ChunkState.Succeeded;
}
