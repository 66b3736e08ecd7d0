namespace DistributedBatch.Producer.Feeding;

/// <summary>How many chunks settle in a quarter of a second, the present and the last one.</summary>
internal sealed class Throughput
{
    /// <summary>What is counted together.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(0.25);

    private DateTimeOffset since;
    private int current;
    private int last;

    /// <summary>Counts chunks that settled.</summary>
    public void Add(int settled, DateTimeOffset now)
    {
        Turn(now);
        current += settled;
    }

    /// <summary>The better of the present and the last quarter of a second.</summary>
    public int Recent(DateTimeOffset now)
    {
        Turn(now);
        return Math.Max(current, last);
    }

    private void Turn(DateTimeOffset now)
    {
        var passed = now - since;
        if (passed < Period)
            return;
        last = passed < 2 * Period ? current : 0;
        current = 0;
        since = now;
    }
}
