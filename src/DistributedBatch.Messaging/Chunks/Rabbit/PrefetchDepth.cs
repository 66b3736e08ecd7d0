namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// How many chunks a slot needs on their way to it so that it never waits. One, as long as a chunk takes longer than it takes to settle it and get
/// the next; a second one would only be hoarded. More only for chunks shorter than that, and just enough to cover the time.
/// </summary>
internal static class PrefetchDepth
{
    /// <summary>The depth for chunks that keep a slot busy for <paramref name="service"/> each.</summary>
    /// <param name="service">From one chunk in the slot's hands to its readiness for the next.</param>
    /// <param name="roundTrip">From that readiness until the broker, told that the chunk is settled, has the next one there.</param>
    /// <param name="most">Upper limit, at least 1.</param>
    public static int For(TimeSpan service, TimeSpan roundTrip, int most)
    {
        if (service >= roundTrip)
            return 1;
        if (service <= TimeSpan.Zero)
            return most;
        return (int)Math.Min(most, 1 + Math.Ceiling(roundTrip / service));
    }

    /// <summary>
    /// Whether going from one depth to another is worth a new consumer: always down to 1, otherwise only when the wish has doubled or halved, because
    /// measurements wobble.
    /// </summary>
    public static bool IsWorthChanging(int current, int wanted) =>
        wanted != current && (wanted == 1 || wanted >= 2 * current || 2 * wanted <= current);
}
