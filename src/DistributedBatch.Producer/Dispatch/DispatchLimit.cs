namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// How many chunks of all runs together may be on their way: enough that no slot waits, few enough that a run submitted later finds a short queue in front of
/// it, because the queue serves in order and only what is not fed yet can be shared out fairly. Pure.
/// </summary>
internal static class DispatchLimit
{
    /// <summary>At least this many, before any host has been heard of and while nothing is known of the chunks' length.</summary>
    public const int Least = 8;

    /// <summary>At most this many, so that the in-process queue never makes the feed wait.</summary>
    public const int Most = 4000;

    /// <summary>
    /// The limit for one resource class: for each slot the chunk it runs and the next one, and beyond them as many short chunks as bridge the way from a
    /// report to the feed. The first chunk of a later run waits for one chunk of the others on each slot, and half a second.
    /// </summary>
    /// <param name="slots">Slots of its hosts.</param>
    /// <param name="recent">
    /// Chunks that settle in half a second, see <see cref="Throughput.Possible"/>. It is known by those that have settled, so that a run of short chunks
    /// has several times the limit with every way from feed to report until nothing waits.
    /// </param>
    public static int Of(int slots, int recent) => Math.Clamp((2 * slots) + recent, Least, Most);

    /// <summary>The limit of one run with automatic chunk sizes: its next chunk is sized best when it is cut late.</summary>
    public static int OfAutomatic(int slots, int recent) => Math.Clamp(Math.Max(3 * slots, recent), 2, Most);
}
