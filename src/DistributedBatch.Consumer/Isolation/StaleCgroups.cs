using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>Removes groups that dead consumers left in our own group, when their launchers died too.</summary>
internal static class StaleCgroups
{
    /// <summary>Ends every such group below <paramref name="own"/>. Groups of living consumers are locked and stay.</summary>
    public static void Remove(string own, TimeSpan killTimeout)
    {
        foreach (var group in CgroupTree.Children(own).Where(path => Path.GetFileName(path).StartsWith(AttemptCgroups.Prefix, StringComparison.Ordinal)))
        {
            // The supervisor group of a dead consumer is empty. That of a living one cannot be removed.
            if (group.EndsWith(SupervisorCgroup.Suffix, StringComparison.Ordinal))
            {
                _ = CgroupFiles.Remove(group);
                continue;
            }

            using var groupLock = CgroupLock.TryExclusive(group);
            if (groupLock is not null)
                CgroupTree.End(group, killTimeout);
        }
    }
}
