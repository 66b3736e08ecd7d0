using System.Runtime.InteropServices;
using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// All the ledger keeps of a chunk that is not on its way: 16 bytes, so that a million chunks take 16 MB. The number of items is not among them: chunks
/// tile the dataset, so a chunk ends where the next one starts.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PackedChunk
{
    private const byte StateBits = 0b0000_0111;
    private const byte ChangedBit = 0b0000_1000;
    private const byte PublishingBit = 0b0001_0000;
    private const byte UnwrittenBit = 0b0010_0000;

    /// <summary>First item.</summary>
    public long Start;

    /// <summary>Highest attempt number handed out or heard of.</summary>
    public int Attempts;

    /// <summary>Attempts that counted against the retries.</summary>
    public ushort Failures;

    /// <summary>Hosts lost with the chunk.</summary>
    public byte Crashes;

    private byte bits;

    /// <summary>Where it stands.</summary>
    public ChunkState State
    {
        readonly get => (ChunkState)(bits & StateBits);
        set => bits = (byte)((bits & ~StateBits) | (byte)value);
    }

    /// <summary>Whether it changed since the last commit.</summary>
    public bool Changed
    {
        readonly get => (bits & ChangedBit) != 0;
        set => bits = (byte)(value ? bits | ChangedBit : bits & ~ChangedBit);
    }

    /// <summary>Whether it was given to the queue, which has not confirmed it. The chunk stays pending until then: publish, then commit.</summary>
    public bool Publishing
    {
        readonly get => (bits & PublishingBit) != 0;
        set => bits = (byte)(value ? bits | PublishingBit : bits & ~PublishingBit);
    }

    /// <summary>Whether nothing was ever written down of it, because it may be settled before that is worth it.</summary>
    public bool Unwritten
    {
        readonly get => (bits & UnwrittenBit) != 0;
        set => bits = (byte)(value ? bits | UnwrittenBit : bits & ~UnwrittenBit);
    }
}
