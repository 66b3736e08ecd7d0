using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>A chunk in the hands of a slot, from its delivery until its report is confirmed.</summary>
internal sealed class ActiveAttempt(ChunkDelivery delivery, int slot, DateTimeOffset startedAt, SlotScratch scratch)
{
    private readonly Lock turn = new();
    private CancellationTokenSource? stop;
    private AttemptOutcome? stoppedFor;
    private bool ended;
    private bool announced;

    public RunChunk Chunk => delivery.Chunk;

    public ChunkDelivery Delivery => delivery;

    public int Slot => slot;

    public DateTimeOffset StartedAt => startedAt;

    public SlotScratch Scratch => scratch;

    /// <summary>See <see cref="ChunkDelivery.Attempt"/>.</summary>
    public int Number => delivery.Attempt;

    /// <summary>See <see cref="ChunkDelivery.LostHosts"/>.</summary>
    public int LostHosts => delivery.LostHosts;

    /// <summary>Whether its chunk counts as poisonous if this host is lost with it too.</summary>
    public bool IsLastChance => LostHosts > 0 && delivery.LossesLeft <= 1;

    /// <summary>Process id, once it has run for a while; 0 before, and for programs without a process of their own.</summary>
    public int Process { get; set; }

    /// <summary>Bytes of memory that the kernel keeps it to; 0 for no limit.</summary>
    public long MemoryLimitBytes { get; set; }

    /// <summary>Whether heartbeats keep the chunk and its delivery is acknowledged.</summary>
    public bool Leased { get; private set; }

    /// <summary>Closes the lane its delivery came by; a leased attempt needs it no more, and the broker must not put the next chunk into it.</summary>
    public Func<ValueTask>? LeaveLane { get; init; }

    /// <summary>GPUs it leases; null for none.</summary>
    public GpuLease? Gpus { get; set; }

    /// <summary>What a stop of it is to be reported as.</summary>
    public AttemptOutcome StoppedFor => stoppedFor ?? AttemptOutcome.Released;

    /// <summary>One sentence on why it was stopped; null when nobody said.</summary>
    public string? StopReason { get; private set; }

    /// <summary>Cancelled when it is to be stopped.</summary>
    public CancellationToken Stopping
    {
        get
        {
            lock (turn)
            {
                stop ??= new CancellationTokenSource();
                if (stoppedFor is not null)
                    stop.Cancel();
                return stop.Token;
            }
        }
    }

    /// <summary>Asks it to stop; the first cause is the one that is reported.</summary>
    public void Stop(AttemptOutcome cause, string? reason = null)
    {
        lock (turn)
        {
            if (ended || stoppedFor is not null)
                return;
            stoppedFor = cause;
            StopReason = reason;
        }

        stop?.Cancel();
    }

    /// <summary>Runs <paramref name="announce"/> unless it ended or that was done before, so that a started-report never follows the final one.</summary>
    public void AnnounceOnce(Action<ActiveAttempt> announce)
    {
        lock (turn)
        {
            if (ended || announced)
                return;
            announced = true;
            announce(this);
        }
    }

    /// <summary>What every report on it begins with; as it is, it says that the attempt has started.</summary>
    /// <param name="host">Name of the host.</param>
    public AttemptReport Report(string host) => new()
    {
        Run = Chunk.Run,
        Index = Chunk.Index,
        Start = Chunk.Start,
        Count = Chunk.Count,
        Attempt = Number,
        Host = host,
        Slot = Slot,
        StartedAt = StartedAt,
    };

    /// <summary>Marks it leased; false when it has ended meanwhile.</summary>
    public bool Lease()
    {
        lock (turn)
            return !ended && (Leased = true);
    }

    /// <summary>Nothing more is to be done with it but to report.</summary>
    public void End()
    {
        lock (turn)
            ended = true;
        stop?.Dispose();
    }
}
