namespace DistributedBatch.Producer.Planning;

/// <summary>
/// How long an item takes, start-up of its chunk included, learned from the chunks that succeeded. Old chunks fade, because the first ones are small
/// and pay their start-up for few items.
/// </summary>
internal sealed class ItemSpeed
{
    // After 20 chunks the first one weighs about a third; enough memory for skewed items, short enough to forget the probes.
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
