using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>Removes groups together with the groups below them, which programs may have created.</summary>
internal static class CgroupTree
{
    /// <summary>Delay between two tries.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>Removes a group and the groups below it, as far as they are empty; true when all are removed.</summary>
    public static bool TryRemove(string group)
    {
        if (CgroupFiles.Remove(group) == 0)
            return true;
        foreach (var child in Children(group))
            TryRemove(child);
        return CgroupFiles.Remove(group) == 0;
    }

    /// <summary>Kills all processes in a group and below it, and removes it; false when a process did not end within <paramref name="timeout"/>.</summary>
    public static bool End(string group, TimeSpan timeout)
    {
        // A killed process leaves its group a moment later; one that hangs in the kernel much later.
        for (var waited = TimeSpan.Zero; ; waited += RetryDelay)
        {
            _ = CgroupFiles.Write(group + "/cgroup.kill", "1");
            if (TryRemove(group))
                return true;
            if (waited >= timeout)
                return false;
            Thread.Sleep(RetryDelay);
        }
    }

    /// <summary>The groups directly below a group.</summary>
    public static IReadOnlyList<string> Children(string group)
    {
        try
        {
            return Directory.GetDirectories(group);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
