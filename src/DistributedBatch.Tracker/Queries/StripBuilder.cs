using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Queries;

/// <summary>Summarises the states of millions of chunks in a few thousand buckets.</summary>
internal sealed class StripBuilder
{
    private const int States = 6;

    private readonly int total;
    private readonly int perBucket;
    private readonly int[] counts;

    /// <summary>Creates a strip of at most <paramref name="buckets"/> buckets.</summary>
    public StripBuilder(int total, int buckets)
    {
        this.total = total;
        perBucket = Math.Max(1, (total + buckets - 1) / buckets);
        counts = new int[(total + perBucket - 1) / perBucket * States];
    }

    /// <summary>Adds the chunks of one block.</summary>
    public void Add(int block, byte[] states)
    {
        var from = block * ChunkStateBlock.Size;
        var until = Math.Min(total, from + states.Length);
        for (var index = from; index < until; index++)
            counts[(index / perBucket * States) + (int)ChunkStateBlock.StateOf(states[index - from])]++;
    }

    /// <summary>The strip. Chunks in a missing block are pending.</summary>
    public StateStrip Build()
    {
        for (var bucket = 0; bucket * States < counts.Length; bucket++)
        {
            var held = Math.Min(perBucket, total - (bucket * perBucket));
            counts[bucket * States + (int)ChunkState.Pending] += held - counts.AsSpan(bucket * States, States).ToArray().Sum();
        }

        return new StateStrip(total, perBucket, counts);
    }
}
