using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Resources;

/// <summary>Tells whether the kernel's out-of-memory killer killed a process, by the counter of our control group, or else that of the machine.</summary>
internal sealed class OomKillCounter
{
    private static readonly CgroupLimits Group = new();

    private readonly Lock gate = new();
    private long known = Count();

    /// <summary>Whether there was a kill that no earlier call has claimed; claims it.</summary>
    public bool TakeOne()
    {
        lock (gate)
        {
            if (Count() <= known)
                return false;

            // One kill per call: several attempts may be killed together, and each of them asks.
            known++;
            return true;
        }
    }

    private static long Count()
    {
        try
        {
            return Group.OomKills() ?? KernelText.Field(File.ReadAllText("/proc/vmstat"), "oom_kill");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
