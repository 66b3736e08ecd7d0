namespace DistributedBatch.Producer.Dispatch;

/// <summary>How many chunks of a class settle in half a second, counted over the present and the previous half second.</summary>
internal sealed class Throughput
{
    /// <summary>The half second.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// One settled chunk predicts at most this many like it. The first chunks of a run show how short the others may be, but a few prove little.
    /// </summary>
    private const int MaxPrediction = 8;

    private DateTimeOffset since;
    private Count current;
    private Count previous;

    private readonly record struct Count(int Chunks, TimeSpan Work);

    /// <summary>Counts a chunk that settled after <paramref name="work"/> in its slot.</summary>
    public void Add(TimeSpan work, DateTimeOffset now)
    {
        Advance(now);
        current = new Count(current.Chunks + 1, current.Work + work);
    }

    /// <summary>How many chunks settled in the better of the two half seconds.</summary>
    public int Recent(DateTimeOffset now) => Better(now).Chunks;

    /// <summary>
    /// How many chunks could settle in half a second if <paramref name="slots"/> slots never waited, by the duration of the recent ones. So the
    /// window of a run of short chunks need not grow one by one.
    /// </summary>
    public int Possible(int slots, DateTimeOffset now)
    {
        var recent = Better(now);
        var possible = recent.Work > TimeSpan.Zero ? slots * (Period / recent.Work) * recent.Chunks : double.PositiveInfinity;
        return (int)Math.Clamp(possible, recent.Chunks, MaxPrediction * recent.Chunks);
    }

    private Count Better(DateTimeOffset now)
    {
        Advance(now);
        return current.Chunks >= previous.Chunks ? current : previous;
    }

    private void Advance(DateTimeOffset now)
    {
        var passed = now - since;
        if (passed < Period)
            return;
        previous = passed < 2 * Period ? current : default;
        current = default;
        since = now;
    }
}
