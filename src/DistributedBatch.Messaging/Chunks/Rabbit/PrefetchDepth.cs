namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// How many chunks a slot needs on their way to it so that it does not wait. One, as long as a chunk takes long beside the time it takes to settle it and get
/// the next; a second one would only be hoarded. More only for short chunks, enough to cover the time when it is long and to have several settled together.
/// </summary>
internal static class PrefetchDepth
{
    /// <summary>Chunks that take this long are never asked for ahead: what one waits behind another would be worth more than the round trip.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Short ones lie ready for as long as reports wait for each other: a slot that has others to go on with need not have each one settled by itself, which costs
    /// broker and head more than a chunk of 20 ms is worth waiting for.
    /// </summary>
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(200);

    /// <summary>A wait of one part in this many of the chunk's time is not worth asking ahead for.</summary>
    private const int Worthwhile = 20;

    /// <summary>
    /// A round trip is known as an average. Reports are confirmed in groups, so some chunks are settled a whole group later than others, and so much longer may
    /// the way take: with an average in hand, slots stood still half of the time.
    /// </summary>
    private const int LongestByAverage = 3;

    /// <summary>The depth for chunks that keep a slot busy for <paramref name="service"/> each.</summary>
    /// <param name="service">From one chunk in the slot's hands to its readiness for the next.</param>
    /// <param name="roundTrip">From that readiness until the broker, told that the chunk is settled, has the next one there.</param>
    /// <param name="most">Upper limit, at least 1.</param>
    public static int For(TimeSpan service, TimeSpan roundTrip, int most)
    {
        if (service >= Long || service >= Worthwhile * roundTrip)
            return 1;
        if (service <= TimeSpan.Zero)
            return most;
        var ahead = roundTrip / service;
        var covering = ahead <= 1 ? ahead : 1 + (LongestByAverage * (ahead - 1));
        return (int)Math.Min(most, 1 + Math.Ceiling(Math.Max(covering, Company / service)));
    }

    /// <summary>
    /// The depth after <paramref name="current"/>: another one only where the wish has doubled or is a quarter, or where one would do even if chunks took half
    /// as long. Measurements wobble, another depth is another AMQP consumer, and for fewer the slot has to wait.
    /// </summary>
    /// <param name="current">The depth so far; 0 before the first.</param>
    /// <param name="service">As for <see cref="For"/>.</param>
    /// <param name="roundTrip">As for <see cref="For"/>.</param>
    /// <param name="most">As for <see cref="For"/>.</param>
    public static int Next(int current, TimeSpan service, TimeSpan roundTrip, int most)
    {
        var wanted = For(service, roundTrip, most);
        return current == 0 || wanted >= 2 * current || 4 * wanted <= current || For(service / 2, roundTrip, most) == 1 ? wanted : current;
    }
}
