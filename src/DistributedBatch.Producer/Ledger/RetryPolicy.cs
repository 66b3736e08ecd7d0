namespace DistributedBatch.Producer.Ledger;

/// <summary>How long a chunk waits before its next attempt. Pure.</summary>
internal static class RetryPolicy
{
    /// <summary>The longest delay.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The delay after the <paramref name="failure"/>th failure: <paramref name="first"/>, then twice as long each time. It is spread by a quarter
    /// up and down, so that chunks that failed together do not come back together.
    /// </summary>
    /// <param name="failure">From 1.</param>
    /// <param name="first">Delay after the first failure; zero never waits.</param>
    /// <param name="random">Between 0 and 1.</param>
    public static TimeSpan Delay(int failure, TimeSpan first, double random)
    {
        var doubled = first.TotalSeconds * Math.Pow(2, Math.Clamp(failure - 1, 0, 60));
        return TimeSpan.FromSeconds(Math.Min(doubled * (0.75 + (0.5 * random)), Longest.TotalSeconds));
    }
}
