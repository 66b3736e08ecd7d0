using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Chunks;

/// <summary>A chunk in the hands of one slot. It is the slot's until it is settled, or until <see cref="Lost"/> says that the broker took it back.</summary>
public abstract class ChunkDelivery
{
    /// <summary>What to run.</summary>
    public required RunChunk Chunk { get; init; }

    /// <summary>
    /// Whether the chunk came back since it was fed, because a host or connection was lost with it. A lane gives out such a chunk only where that was the last loss
    /// its run allows (<see cref="RunChunk.CrashLimit"/>), to be reported and not to be run; any other is fed again first.
    /// </summary>
    public bool Returned { get; init; }

    /// <summary>Number of the attempt that this delivery is for.</summary>
    public int Attempt => Chunk.Attempt + Losses;

    /// <summary>How many hosts the chunk was lost with so far.</summary>
    public int LostHosts => Chunk.LostHosts + Losses;

    /// <summary>With how many more lost hosts the chunk counts as poisonous; 0 or less when it does.</summary>
    public int LossesLeft => Chunk.CrashLimit - Losses;

    private int Losses => Returned ? 1 : 0;

    /// <summary>
    /// Cancelled when the delivery is no longer ours (connection lost, broker restarted). The attempt may finish and report all the same: the first
    /// success wins.
    /// </summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>
    /// The chunk is dealt with: its report is confirmed, or a lease keeps it. The broker hears of it with the next <see cref="FlushAsync"/> of any delivery of the
    /// same lane, so that a group costs it little more than one.
    /// </summary>
    public abstract void Done();

    /// <summary>Tells the broker of all that is done in this delivery's lane. Does nothing when the delivery was lost.</summary>
    public abstract ValueTask FlushAsync();

    /// <summary>Done, and told at once.</summary>
    public ValueTask AcknowledgeAsync()
    {
        Done();
        return FlushAsync();
    }

    /// <summary>Puts a chunk nobody can run aside, with the reason, for the dead-letter consumer.</summary>
    public abstract ValueTask RejectAsync(string reason);
}
