namespace DistributedBatch.Consumer.Isolation;

/// <summary>Removes what programs of ours that are dead left in our own group: their launcher died with them, so nobody else did.</summary>
internal static class DeadCgroups
{
    /// <summary>Ends every such group below <paramref name="own"/>. Those of the living are held by them and stay.</summary>
    public static void Sweep(string own, TimeSpan patience)
    {
        foreach (var group in CgroupTree.Below(own).Where(path => Path.GetFileName(path).StartsWith(AttemptCgroups.Prefix, StringComparison.Ordinal)))
        {
            // The leaf a dead one had moved into is empty, and one of the living cannot be removed.
            if (group.EndsWith(SupervisorCgroup.Suffix, StringComparison.Ordinal))
            {
                _ = CgroupFiles.Remove(group);
                continue;
            }

            using var hold = CgroupLock.TakeOver(group);
            if (hold is not null)
                CgroupTree.End(group, patience);
        }
    }
}
