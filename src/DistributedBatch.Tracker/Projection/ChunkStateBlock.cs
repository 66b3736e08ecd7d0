using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Tracker.Projection;

/// <summary>The states of 4,096 neighbouring chunks, one byte each: 0 for a chunk that was never heard of, else the state plus one.</summary>
internal static class ChunkStateBlock
{
    /// <summary>Chunks in a block.</summary>
    public const int Size = 4096;

    /// <summary>The block of a chunk.</summary>
    public static int BlockOf(int index) => index / Size;

    /// <summary>A block of chunks nothing was heard of.</summary>
    public static byte[] Empty() => new byte[Size];

    /// <summary>Notes the state of a chunk.</summary>
    public static void Set(byte[] states, int index, ChunkState state) => states[index % Size] = ByteOf(state);

    /// <summary>How a state is written.</summary>
    public static byte ByteOf(ChunkState state) => (byte)(state + 1);

    /// <summary>The state a byte stands for; a chunk nothing was heard of is pending.</summary>
    public static ChunkState StateOf(byte written) => written == 0 ? ChunkState.Pending : (ChunkState)(written - 1);
}
