namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Measures one lane: how long chunks keep its slot busy, and how long the slot must wait for the next one if it asks for one at a time.</summary>
internal sealed class LanePace(TimeProvider time)
{
    private const double Weight = 0.25;
    private readonly Lock gate = new();
    private double serviceSeconds = double.NaN;
    private double lastServiceSeconds;
    private double settleSeconds;
    private double turnaroundSeconds = double.NaN;
    private long handedOut;
    private long settled;
    private bool waiting;

    /// <summary>
    /// How long chunks take, the last one at least: one long chunk is reason enough to stop asking ahead. Null before the first.
    /// </summary>
    public TimeSpan? Service
    {
        get
        {
            lock (gate)
                return double.IsNaN(serviceSeconds) ? null : TimeSpan.FromSeconds(Math.Max(serviceSeconds, lastServiceSeconds));
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
            {
                lastServiceSeconds = time.GetElapsedTime(handedOut, now).TotalSeconds;
                serviceSeconds = double.IsNaN(serviceSeconds) ? lastServiceSeconds : Blend(serviceSeconds, lastServiceSeconds);
            }

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
            settleSeconds = Blend(settleSeconds, freed == 0 ? 0 : time.GetElapsedTime(freed, settled).TotalSeconds);
        }
    }

    /// <summary>
    /// A chunk arrived for a slot that asks for one at a time. The shortest time since the last acknowledgement is the broker's turnaround; longer ones are
    /// an empty queue. It may creep up a little with each, so that a network that has become slower is noticed.
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

    private static double Blend(double average, double sample) => average + (Weight * (sample - average));
}
