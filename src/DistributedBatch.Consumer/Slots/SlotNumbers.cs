namespace DistributedBatch.Consumer.Slots;

/// <summary>The numbers of the slots of a host.</summary>
public static class SlotNumbers
{
    /// <summary>The most slots for chunks that need no GPU; they are numbered from 0. Each keeps a few kilobytes.</summary>
    public const int Most = MessageCheck.MostSlots;

    /// <summary>Number of the first slot for chunks that need a GPU. A slot's number names its scratch directory, so the two kinds must not meet.</summary>
    public const int FirstOfGpus = Most;
}
