using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// The lanes of one host for one class of chunks. A slot that finds its own lane empty takes what lies ready in another, so that at the end of a run no slot
/// stands still while its neighbour has several ahead.
/// </summary>
internal sealed class LaneGroup
{
    private ImmutableArray<RabbitChunkLane> lanes = [];

    /// <summary>A lane that is open from now on.</summary>
    public void Add(RabbitChunkLane lane) => ImmutableInterlocked.Update(ref lanes, (all, added) => all.Add(added), lane);

    /// <summary>A lane that closes.</summary>
    public void Remove(RabbitChunkLane lane) => ImmutableInterlocked.Update(ref lanes, (all, removed) => all.Remove(removed), lane);

    /// <summary>What all of them hold together.</summary>
    public LaneStock Stock()
    {
        var stock = default(LaneStock);
        foreach (var lane in lanes)
            stock += lane.Stock;
        return stock;
    }

    /// <summary>Takes a chunk from the lane that has most ready.</summary>
    /// <param name="borrower">The lane whose slot it is for.</param>
    /// <param name="from">The channel that it came by and is to be settled on.</param>
    /// <param name="arrival">The chunk.</param>
    public bool TryBorrow(RabbitChunkLane borrower, [NotNullWhen(true)] out QueueConsumer<LaneArrival>? from, out LaneArrival arrival)
    {
        while (lanes.Where(lane => lane != borrower).MaxBy(lane => lane.Stock.Ready) is { Stock.Ready: > 0, Live: { } fullest })
        {
            if (fullest.TryLend(static arrived => arrived.Tag, out arrival))
            {
                from = fullest;
                return true;
            }
        }

        (from, arrival) = (null, default);
        return false;
    }
}
