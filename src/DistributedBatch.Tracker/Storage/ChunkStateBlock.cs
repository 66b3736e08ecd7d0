namespace DistributedBatch.Tracker.Storage;

/// <summary>The states of 4,096 neighbouring chunks, one byte each: the state plus one, or 0 when the state is unknown.</summary>
internal static class ChunkStateBlock
{
    /// <summary>The number of chunks in a block.</summary>
    public const int Size = 4096;

    /// <summary>The block of a chunk.</summary>
    public static int BlockOf(int index) => index / Size;

    /// <summary>A block of chunks of unknown state.</summary>
    public static byte[] Empty() => new byte[Size];

    /// <summary>Sets the state of a chunk.</summary>
    public static void Set(byte[] states, int index, ChunkState state) => states[index % Size] = ByteOf(state);

    /// <summary>The byte for a state.</summary>
    public static byte ByteOf(ChunkState state) => (byte)(state + 1);

    /// <summary>The state for a byte; an unknown one is pending.</summary>
    public static ChunkState StateOf(byte written) => written == 0 ? ChunkState.Pending : (ChunkState)(written - 1);
}
