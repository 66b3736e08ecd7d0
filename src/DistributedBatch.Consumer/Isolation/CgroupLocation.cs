using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>Finds the directory of our own group of version 2 in what the kernel says. Pure.</summary>
internal static class CgroupLocation
{
    /// <summary>The directory as we see it; null where version 2 is not mounted, or our group lies outside of what is mounted.</summary>
    /// <param name="cgroup">Text of <c>/proc/self/cgroup</c>.</param>
    /// <param name="mountinfo">Text of <c>/proc/self/mountinfo</c>; see proc_pid_mountinfo(5).</param>
    public static string? Find(string cgroup, string mountinfo)
    {
        if (CgroupText.PathOf(cgroup.Split('\n', StringSplitOptions.RemoveEmptyEntries)) is not { } group)
            return null;

        // Where one is mounted over another the last one is seen; where there are several places, any will do.
        foreach (var line in mountinfo.Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (dash < 6 || dash + 1 >= fields.Length || fields[dash + 1] != "cgroup2")
                continue;
            var (root, mount) = (Plain(fields[3]), Plain(fields[4]));
            if (root == "/")
                return group == "/" ? mount : mount + group;

            // A container that is not told its own view: only what lies below the mounted part can be reached.
            if (group == root || group.StartsWith(root + "/", StringComparison.Ordinal))
                return mount + group[root.Length..];
        }

        return null;
    }

    // Blanks and the like are written as octal numbers.
    private static string Plain(string text) => text
        .Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
