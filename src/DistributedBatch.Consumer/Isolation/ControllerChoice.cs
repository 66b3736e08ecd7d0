namespace DistributedBatch.Consumer.Isolation;

/// <summary>Which controllers the groups of attempts get.</summary>
internal static class ControllerChoice
{
    /// <summary>Without this controller, groups only keep processes together.</summary>
    public const string Memory = "memory";

    // Memory is first: without it the others are not used.
    private static readonly string[] Wanted = [Memory, "pids", "io", "cpu"];

    /// <summary>The controllers to enable for the groups below ours.</summary>
    /// <param name="available"><c>cgroup.controllers</c> of our group.</param>
    public static IReadOnlyList<string> Of(string? available)
    {
        var found = (available ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return found.Contains(Memory) ? [.. Wanted.Where(found.Contains)] : [];
    }
}
