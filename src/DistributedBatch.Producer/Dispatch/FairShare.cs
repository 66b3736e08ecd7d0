namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// Decides which run dispatches the next chunk: the one of highest priority, among equals the one with the fewest chunks in flight for its weight. A
/// run that was just submitted has none in flight, so it is next. Pure.
/// </summary>
internal static class FairShare
{
    /// <summary>The position of the next run.</summary>
    /// <param name="claims">The runs that have a chunk to dispatch and room in their window, the oldest first.</param>
    /// <returns>-1 when there are none.</returns>
    public static int Pick(ReadOnlySpan<Claim> claims)
    {
        var best = claims.IsEmpty ? -1 : 0;
        for (var at = 1; at < claims.Length; at++)
        {
            if (claims[at].IsBefore(claims[best]))
                best = at;
        }

        return best;
    }

    /// <summary>A run that could dispatch a chunk.</summary>
    /// <param name="Priority">Higher ones go first, whatever else is in flight.</param>
    /// <param name="Weight">Its share relative to the others', at least 1.</param>
    /// <param name="Outstanding">Its chunks in flight.</param>
    public readonly record struct Claim(int Priority, int Weight, int Outstanding)
    {
        /// <summary>Whether this run goes before <paramref name="other"/>. Equal runs keep their order.</summary>
        public bool IsBefore(Claim other) => Priority != other.Priority
            ? Priority > other.Priority
            : (long)Outstanding * other.Weight < (long)other.Outstanding * Weight;
    }
}
