namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// How many chunks may be in flight at once, sized from the slots that are online. Enough that no slot waits: for each slot the chunk it runs and the
/// next one, and short chunks for half a second. Few enough that a later run finds a short queue, because the queue is served in order and only
/// chunks that are not dispatched yet can be shared fairly. Pure.
/// </summary>
/// <param name="options">How far short chunks are published ahead.</param>
internal sealed class DispatchWindow(DispatchOptions options)
{
    /// <summary>The smallest window of a class: no host has sent a heartbeat yet.</summary>
    public const int Smallest = 8;

    // Several runs together may be further ahead than one, so that each of them is ahead of its share of the slots.
    private const int LookAheadsPerClass = 4;

    /// <summary>The window of all runs of a resource class together.</summary>
    /// <param name="slots">Slots of its hosts.</param>
    /// <param name="settling">
    /// Chunks that can settle in half a second, see <see cref="Throughput.Possible"/>. It grows with the chunks that have settled: the window of a
    /// run of short chunks multiplies with each round trip until no slot waits.
    /// </param>
    public int OfClass(int slots, int settling) =>
        Math.Max(Smallest, (2 * slots) + Math.Min(settling, Math.Max(LookAheadsPerClass * options.LookAhead, slots)));

    /// <summary>The window of one run with a fixed chunk size. A run alone fills every slot, however many there are.</summary>
    public int OfRun(int slots, int settling) => Math.Max(Smallest, (2 * slots) + LookAhead(slots, settling));

    /// <summary>The window of one run with automatic chunk sizes: the later a chunk is cut, the better its size.</summary>
    public int OfAutomaticRun(int slots, int settling) => Math.Max(2, Math.Max(3 * slots, LookAhead(slots, settling)));

    private int LookAhead(int slots, int settling) => Math.Min(settling, Math.Max(options.LookAhead, slots));
}
