namespace DistributedBatch.TestKit.Processes;

/// <summary>Control groups of version 2, for tests that need the kernel's own.</summary>
public static class ControlGroups
{
    /// <summary>The trait of such tests. <c>test.sh</c> leaves them out, and says so, where no group can be made.</summary>
    public const string Need = "needs";

    /// <summary>Value of <see cref="Need"/>.</summary>
    public const string Cgroup = "cgroup";

    /// <summary>Where version 2 may be mounted.</summary>
    public static readonly IReadOnlyList<string> Mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

    /// <summary>Whether a group is gone; one in which something still ends is not.</summary>
    public static bool IsGone(string group) => !Directory.Exists(group);

    /// <summary>The groups below one.</summary>
    public static IReadOnlyList<string> Below(string group)
    {
        try
        {
            return Directory.GetDirectories(group);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
