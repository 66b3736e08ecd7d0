using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>Finds the directory of our own control group, version 2.</summary>
internal static class CgroupLocation
{
    /// <summary>The directory; null when version 2 is not mounted, or when our group is outside of the mounted part.</summary>
    /// <param name="cgroup">Text of <c>/proc/self/cgroup</c>.</param>
    /// <param name="mountinfo">Text of <c>/proc/self/mountinfo</c>; see proc_pid_mountinfo(5).</param>
    public static string? Find(string cgroup, string mountinfo)
    {
        if (ProcSelfCgroup.PathOf(cgroup.Split('\n', StringSplitOptions.RemoveEmptyEntries)) is not { } group)
            return null;

        // Of mounts over each other, the last one is visible. Of several mounts, any is right.
        foreach (var line in mountinfo.Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (dash < 6 || dash + 1 >= fields.Length || fields[dash + 1] != "cgroup2")
                continue;
            var (root, mount) = (Unescape(fields[3]), Unescape(fields[4]));
            if (root == "/")
                return group == "/" ? mount : mount + group;

            // A container without a cgroup namespace: only groups below the mounted part can be reached.
            if (group == root || group.StartsWith(root + "/", StringComparison.Ordinal))
                return mount + group[root.Length..];
        }

        return null;
    }

    // Spaces and similar characters are written as octal numbers.
    private static string Unescape(string text) => text
        .Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
