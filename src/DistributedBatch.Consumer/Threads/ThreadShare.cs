namespace DistributedBatch.Consumer.Threads;

/// <summary>How many threads each attempt should use. Numeric libraries would otherwise start one thread per core in every attempt.</summary>
internal sealed class ThreadShare
{
    private readonly int cores;
    private volatile int threads;

    /// <param name="cores">Cores that the slots share.</param>
    public ThreadShare(int cores) => threads = this.cores = cores;

    /// <summary>Threads for each slot: cores divided by slots, at least 1.</summary>
    public int Threads => threads;

    /// <summary>Sets the number of slots.</summary>
    public void SetSlots(int count) => threads = Math.Max(1, cores / Math.Max(1, count));
}
