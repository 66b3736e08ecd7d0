namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// How many chunks a host needs to have ready beyond those its slots work on. None, as long as a chunk takes long beside the way to the broker and back: it would only
/// wait on this host while another stands still. Some for short chunks, so that slots do not wait for that way. Pure.
/// </summary>
internal static class LookAhead
{
    /// <summary>Chunks that take this long are not fetched ahead, unless the way to the broker and back takes longer still.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Work that lies ready for each slot at least. Reports wait as long for each other, which spares broker and head a message for each short chunk.
    /// </summary>
    private static readonly TimeSpan LeastWork = TimeSpan.FromMilliseconds(200);

    /// <summary>When a quarter is left, reports hurry (<see cref="IChunkBuffer.IsLow"/>); that quarter lasts for one way to the broker and back.</summary>
    private const int RoundTrips = 4;

    /// <summary>Chunks to have ready.</summary>
    /// <param name="service">How long a chunk keeps a slot busy; null while unknown.</param>
    /// <param name="roundTrip">From the end of a chunk until the next one can be there, once it was reported; null while unknown.</param>
    /// <param name="slots">Slots that finish chunks at that speed.</param>
    /// <param name="mostPerSlot">Upper limit for each slot.</param>
    public static int For(TimeSpan? service, TimeSpan? roundTrip, int slots, int mostPerSlot)
    {
        if (service is not { } time || (time >= Long && !(time < roundTrip)))
            return 0;
        var work = LeastWork;
        if (roundTrip is { } way && RoundTrips * way > work)
            work = RoundTrips * way;
        return slots * (time <= TimeSpan.Zero ? mostPerSlot : (int)Math.Min(mostPerSlot, Math.Ceiling(work / time)));
    }

    /// <summary>
    /// The number after <paramref name="current"/>: another one only where the wish has doubled, is a quarter, or is none. Measurements wobble, and each other number
    /// is another AMQP consumer.
    /// </summary>
    public static int Next(int current, int wanted) => wanted == 0 || wanted >= 2 * current || 4 * wanted <= current ? wanted : current;
}
