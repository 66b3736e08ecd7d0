namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Measures how long chunks keep the slots of one host busy, and how long it takes to get another chunk for one that has ended.</summary>
internal sealed class ChunkPace(TimeProvider time)
{
    private const double Weight = 1.0 / 32;

    /// <summary>A chunk that takes this long, in seconds, outweighs all that were before it.</summary>
    private const double LongSeconds = 0.25;

    /// <summary>After so many short chunks in a row, a long one before them was an exception: most often the first of a run, which had to load its libraries.</summary>
    private const int EnoughShort = 4;

    // More would mean that the queue is empty, and then the way cannot be measured.
    private const int MostPending = 1024;

    private readonly Lock gate = new();
    private readonly Queue<long> endedAt = new();
    private double? serviceSeconds;
    private double shortSeconds;
    private int shortInARow;
    private TimeSpan? roundTrip;

    /// <summary>
    /// How long chunks take. The longer one took, the more it counts: one long chunk is reason enough to fetch none ahead, while a short one that had to wait some
    /// milliseconds for a processor is not. Null before the first.
    /// </summary>
    public TimeSpan? Service
    {
        get
        {
            lock (gate)
                return serviceSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        }
    }

    /// <summary>
    /// From the end of a chunk until the delivery that takes its place: report, confirm, acknowledgement, the broker's answer. It is the shortest time seen, because
    /// longer ones are an empty queue; it creeps up with each delivery, so that a network that became slower is noticed. Null before the first.
    /// </summary>
    public TimeSpan? RoundTrip
    {
        get
        {
            lock (gate)
                return roundTrip;
        }
    }

    /// <summary>A chunk ended that took <paramref name="duration"/>.</summary>
    public void Ended(TimeSpan duration)
    {
        lock (gate)
            Add(duration.TotalSeconds);
    }

    /// <summary>The chunk that ended at <paramref name="ended"/> is acknowledged, which makes room for another delivery.</summary>
    /// <param name="ended">Timestamp of the clock.</param>
    public void Acknowledged(long ended)
    {
        lock (gate)
        {
            if (endedAt.Count < MostPending)
                endedAt.Enqueue(ended);
        }
    }

    /// <summary>A chunk arrived in the place of one that was acknowledged. Deliveries take up room in the order in which it was made.</summary>
    public void Arrived()
    {
        lock (gate)
        {
            if (!endedAt.TryDequeue(out var ended))
                return;
            var sample = time.GetElapsedTime(ended);
            roundTrip = roundTrip is { } shortest && shortest * 1.05 < sample ? shortest * 1.05 : sample;
        }
    }

    /// <summary>Forgets how long chunks take: what the chunks of one run have taught says little about the next run.</summary>
    public void ForgetService()
    {
        lock (gate)
        {
            (serviceSeconds, shortSeconds, shortInARow) = (null, 0, 0);
            endedAt.Clear();
        }
    }

    private void Add(double seconds)
    {
        if (seconds >= LongSeconds)
        {
            (serviceSeconds, shortInARow) = (seconds, 0);
            return;
        }

        // The plain average as long as there are few.
        shortInARow++;
        var weight = Math.Max(Math.Max(Weight, 1.0 / shortInARow), seconds / LongSeconds);
        shortSeconds += weight * (seconds - shortSeconds);
        if (shortInARow >= EnoughShort || serviceSeconds is null or < LongSeconds)
            serviceSeconds = shortSeconds;
    }
}
