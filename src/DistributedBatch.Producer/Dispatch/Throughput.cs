namespace DistributedBatch.Producer.Dispatch;

/// <summary>How many chunks of a class settle in half a second, by the present and the last one.</summary>
internal sealed class Throughput
{
    /// <summary>What is counted together.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    /// <summary>A chunk that settled speaks for this many like it: the first of a run tell how short the others may be, but a few prove little.</summary>
    private const int Foresight = 8;

    private DateTimeOffset since;
    private Count current;
    private Count last;

    private readonly record struct Count(int Chunks, TimeSpan Work);

    /// <summary>Counts a chunk that settled after <paramref name="work"/> in its slot.</summary>
    public void Add(TimeSpan work, DateTimeOffset now)
    {
        Turn(now);
        current = new Count(current.Chunks + 1, current.Work + work);
    }

    /// <summary>How many settled in the better of the present and the last half second.</summary>
    public int Recent(DateTimeOffset now) => Better(now).Chunks;

    /// <summary>
    /// How many could settle in half a second if <paramref name="slots"/> slots never waited, by how long the recent ones took. So a run of short chunks
    /// need not feed them singly until there were many of them.
    /// </summary>
    public int Possible(int slots, DateTimeOffset now)
    {
        var recent = Better(now);
        var possible = recent.Work > TimeSpan.Zero ? slots * (Period / recent.Work) * recent.Chunks : double.PositiveInfinity;
        return (int)Math.Clamp(possible, recent.Chunks, Foresight * recent.Chunks);
    }

    private Count Better(DateTimeOffset now)
    {
        Turn(now);
        return current.Chunks >= last.Chunks ? current : last;
    }

    private void Turn(DateTimeOffset now)
    {
        var passed = now - since;
        if (passed < Period)
            return;
        last = passed < 2 * Period ? current : default;
        current = default;
        since = now;
    }
}
