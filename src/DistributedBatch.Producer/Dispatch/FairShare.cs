namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// Which run gets the next free place: the one of highest priority, among equals the one with the fewest chunks on their way for its weight. A
/// run that was just submitted has none, so it is served next. Pure.
/// </summary>
internal static class FairShare
{
    /// <summary>The position of the run to feed.</summary>
    /// <param name="claims">The runs that have a chunk to feed and room in their window, the oldest first.</param>
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

    /// <summary>A run that could be fed.</summary>
    /// <param name="Priority">Higher ones go first, whatever the others have.</param>
    /// <param name="Weight">Its share relative to the others', at least 1.</param>
    /// <param name="Outstanding">Its chunks on their way.</param>
    public readonly record struct Claim(int Priority, int Weight, int Outstanding)
    {
        /// <summary>Whether this run goes before <paramref name="other"/>. Equal runs keep their order.</summary>
        public bool IsBefore(Claim other) => Priority != other.Priority
            ? Priority > other.Priority
            : (long)Outstanding * other.Weight < (long)other.Outstanding * Weight;
    }
}
