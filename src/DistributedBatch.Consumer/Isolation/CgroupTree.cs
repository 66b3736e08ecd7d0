namespace DistributedBatch.Consumer.Isolation;

/// <summary>Ends and removes groups with all that is in them; programs may have made groups of their own below.</summary>
internal static class CgroupTree
{
    /// <summary>Between two looks whether something has ended.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Removes what is empty of a group and the groups below; true when nothing of it is left.</summary>
    public static bool TryRemove(string group)
    {
        if (CgroupFiles.Remove(group) == 0)
            return true;
        foreach (var inner in Below(group))
            TryRemove(inner);
        return CgroupFiles.Remove(group) == 0;
    }

    /// <summary>Kills whatever is in a group or below it and removes it; false when something would not die within <paramref name="patience"/>.</summary>
    public static bool End(string group, TimeSpan patience)
    {
        // What is killed leaves a moment later, and a process stuck in the kernel much later.
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            _ = CgroupFiles.Write(group + "/cgroup.kill", "1");
            if (TryRemove(group))
                return true;
            if (waited >= patience)
                return false;
            Thread.Sleep(Pause);
        }
    }

    /// <summary>The groups directly below one.</summary>
    public static IReadOnlyList<string> Below(string group)
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
