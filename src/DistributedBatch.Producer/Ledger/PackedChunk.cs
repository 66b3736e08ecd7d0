using System.Runtime.InteropServices;

namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// All the ledger keeps of a chunk that is not in flight: 16 bytes, so that a million chunks take 16 MB. The number of items is not stored: chunks
/// tile the dataset, so a chunk ends where the next one starts.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PackedChunk
{
    private const byte StateBits = 0b0000_0111;
    private const byte ChangedBit = 0b0000_1000;
    private const byte PostponedBit = 0b0001_0000;
    private const byte ConfirmStartBit = 0b0010_0000;

    /// <summary>First item.</summary>
    public long Start;

    /// <summary>Highest attempt number that was dispatched or reported.</summary>
    public int Attempts;

    /// <summary>Attempts that counted against the retries.</summary>
    public ushort Failures;

    /// <summary>Hosts lost with the chunk.</summary>
    public byte Crashes;

    private byte bits;

    /// <summary>Its state.</summary>
    public ChunkState State
    {
        readonly get => (ChunkState)(bits & StateBits);
        set => bits = (byte)((bits & ~StateBits) | (byte)value);
    }

    /// <summary>Whether it is among the changes of the next commit.</summary>
    public bool Changed
    {
        readonly get => (bits & ChangedBit) != 0;
        set => bits = (byte)(value ? bits | ChangedBit : bits & ~ChangedBit);
    }

    /// <summary>Whether its first row is postponed, because the chunk may be settled soon.</summary>
    public bool Postponed
    {
        readonly get => (bits & PostponedBit) != 0;
        set => bits = (byte)(value ? bits | PostponedBit : bits & ~PostponedBit);
    }

    /// <summary>Whether a host must report its start before it starts it, see <see cref="Contracts.Messages.RunChunk.ConfirmStart"/>.</summary>
    public bool ConfirmStart
    {
        readonly get => (bits & ConfirmStartBit) != 0;
        set => bits = (byte)(value ? bits | ConfirmStartBit : bits & ~ConfirmStartBit);
    }
}
