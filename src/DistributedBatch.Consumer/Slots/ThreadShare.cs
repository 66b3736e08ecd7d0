namespace DistributedBatch.Consumer.Slots;

/// <summary>How the cores are shared by the slots, for numeric libraries that otherwise start a thread per core in every attempt.</summary>
internal sealed class ThreadShare
{
    private readonly int cores;
    private volatile int threads;

    /// <summary>Shares <paramref name="cores"/>.</summary>
    public ThreadShare(int cores) => threads = this.cores = cores;

    /// <summary>Cores for each slot, at least 1.</summary>
    public int Threads => threads;

    /// <summary>Says how many slots there are.</summary>
    public void Slots(int count) => threads = Math.Max(1, cores / Math.Max(1, count));
}
