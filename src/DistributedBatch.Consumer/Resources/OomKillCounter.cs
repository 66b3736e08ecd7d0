namespace DistributedBatch.Consumer.Resources;

/// <summary>Tells whether the kernel's out-of-memory killer was at work, by its own counters: those of our control group, else those of the machine.</summary>
internal sealed class OomKillCounter
{
    private static readonly Cgroup Group = new();

    private readonly Lock turn = new();
    private long known = Count();

    /// <summary>Whether it killed anything since the last time somebody asked and heard yes.</summary>
    public bool Any()
    {
        lock (turn)
        {
            if (Count() <= known)
                return false;

            // One at a time: several attempts may have been killed together, and each of them asks.
            known++;
            return true;
        }
    }

    private static long Count()
    {
        try
        {
            return Group.OomKills() ?? MemoryText.Stat(File.ReadAllText("/proc/vmstat"), "oom_kill");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
