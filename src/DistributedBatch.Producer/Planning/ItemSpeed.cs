namespace DistributedBatch.Producer.Planning;

/// <summary>
/// How long an item takes, with its part of the chunk's start-up, learned from the chunks that succeeded. Old chunks fade, because the first chunks
/// have few items for their start-up.
/// </summary>
internal sealed class ItemSpeed
{
    // After 20 chunks the first one weighs about a third: enough to average skewed items, few enough to forget the first small chunks.
    private const double Memory = 0.95;

    private double seconds;
    private double items;

    /// <summary>Wall seconds per item; null before the first chunk.</summary>
    public double? SecondsPerItem => items > 0 ? seconds / items : null;

    /// <summary>Learns from a chunk that succeeded.</summary>
    public void Learn(long count, TimeSpan duration)
    {
        seconds = (seconds * Memory) + duration.TotalSeconds;
        items = (items * Memory) + count;
    }
}
