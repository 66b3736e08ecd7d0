namespace DistributedBatch.Consumer.Isolation;

/// <summary>Removes what programs of ours that are dead left in our own group: their launcher died with them, so nobody else did.</summary>
internal static class DeadGroups
{
    /// <summary>Ends every such group below <paramref name="own"/>. Those of the living are held by them and stay.</summary>
    public static void Sweep(string own, TimeSpan patience)
    {
        foreach (var group in GroupTree.Below(own).Where(path => Path.GetFileName(path).StartsWith(AttemptGroups.Prefix, StringComparison.Ordinal)))
        {
            // The leaf a dead one had moved into is empty, and one of the living cannot be removed.
            if (group.EndsWith(OwnLeaf.Suffix, StringComparison.Ordinal))
            {
                _ = GroupFiles.Remove(group);
                continue;
            }

            using var hold = GroupHold.TakeOver(group);
            if (hold is not null)
                GroupTree.End(group, patience);
        }
    }
}
