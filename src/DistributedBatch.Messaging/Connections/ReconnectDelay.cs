namespace DistributedBatch.Messaging.Connections;

/// <summary>Delay before the next try: short at first, then doubled, at most 5 s, and spread so that hosts do not all return at the same moment.</summary>
internal static class ReconnectDelay
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>The delay after <paramref name="failures"/> failures in a row, at least 1.</summary>
    /// <param name="failures">Failures since the last success.</param>
    /// <param name="chance">A number from 0 to 1; spreads the delay over half to all of its length.</param>
    public static TimeSpan After(int failures, double chance)
    {
        var doublings = Math.Clamp(failures - 1, 0, 10);
        var full = Math.Min(First.TotalMilliseconds * (1 << doublings), Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + (0.5 * chance)));
    }
}
