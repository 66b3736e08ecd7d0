namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Measures one lane: how long chunks keep its slot busy, and how long the slot must wait for the next one if it asks for one at a time.</summary>
internal sealed class LanePace(TimeProvider time)
{
    private const double Weight = 1.0 / 32;

    /// <summary>A chunk that takes this long outweighs all that were before it.</summary>
    private const double LongSeconds = 0.25;

    /// <summary>After so many short chunks in a row, a long one before them was the exception: the first of a run that had to load its libraries, most often.</summary>
    private const int EnoughShort = 4;

    private readonly Lock gate = new();
    private double serviceSeconds = double.NaN;
    private double shortSeconds;
    private int shortInARow;
    private double settleSeconds;
    private int settles;
    private double turnaroundSeconds = double.NaN;
    private long handedOut;
    private long settled;
    private bool waiting;

    /// <summary>
    /// How long chunks take. The longer one took, the more it counts: a long chunk is reason enough to stop asking ahead, while one among short ones that had
    /// to wait some milliseconds for a processor is none. Null before the first.
    /// </summary>
    public TimeSpan? Service
    {
        get
        {
            lock (gate)
                return double.IsNaN(serviceSeconds) ? null : TimeSpan.FromSeconds(serviceSeconds);
        }
    }

    /// <summary>From the end of a chunk until the next could be there: its report confirmed, its acknowledgement sent, the broker's answer. Null while unknown.</summary>
    public TimeSpan? RoundTrip
    {
        get
        {
            lock (gate)
                return double.IsNaN(turnaroundSeconds) ? null : TimeSpan.FromSeconds(settleSeconds + turnaroundSeconds);
        }
    }

    /// <summary>A chunk goes to the slot. Gives the moment.</summary>
    public long HandedOut()
    {
        lock (gate)
        {
            waiting = false;
            return handedOut = time.GetTimestamp();
        }
    }

    /// <summary>The slot asks for the next chunk. Gives the moment.</summary>
    public long Freed()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (handedOut != 0 && !waiting)
                Took(time.GetElapsedTime(handedOut, now).TotalSeconds);
            waiting = true;
            return now;
        }
    }

    /// <summary>A chunk is acknowledged; its slot was free since <paramref name="freed"/>, or is not yet when that is 0.</summary>
    public void Settled(long freed)
    {
        lock (gate)
        {
            settled = time.GetTimestamp();
            settleSeconds = Blend(settleSeconds, freed == 0 ? 0 : time.GetElapsedTime(freed, settled).TotalSeconds, WeightOf(++settles));
        }
    }

    /// <summary>
    /// A chunk arrived for a slot that asks for one at a time and had to wait for it. The shortest time since the last acknowledgement is the broker's
    /// turnaround; longer ones are an empty queue. It may creep up a little with each, so that a network that has become slower is noticed.
    /// </summary>
    public void ArrivedAlone()
    {
        lock (gate)
        {
            if (settled == 0)
                return;
            var sample = time.GetElapsedTime(settled).TotalSeconds;
            settled = 0;
            turnaroundSeconds = double.IsNaN(turnaroundSeconds) ? sample : Math.Min(sample, turnaroundSeconds * 1.05);
        }
    }

    private void Took(double seconds)
    {
        if (seconds >= LongSeconds)
        {
            (serviceSeconds, shortInARow) = (seconds, 0);
            return;
        }

        shortInARow++;
        shortSeconds = Blend(shortSeconds, seconds, Math.Max(WeightOf(shortInARow), seconds / LongSeconds));
        if (shortInARow >= EnoughShort || double.IsNaN(serviceSeconds) || serviceSeconds < LongSeconds)
            serviceSeconds = shortSeconds;
    }

    // The plain average as long as there are few.
    private static double WeightOf(int number) => Math.Max(Weight, 1.0 / number);

    private static double Blend(double average, double sample, double weight) => average + (weight * (sample - average));
}
