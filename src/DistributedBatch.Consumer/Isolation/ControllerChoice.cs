namespace DistributedBatch.Consumer.Isolation;

/// <summary>Which controllers attempts' groups are to have. Pure.</summary>
internal static class ControllerChoice
{
    /// <summary>Without this one the groups only contain.</summary>
    public const string Memory = "memory";

    // Memory first: where it cannot be had the others are not wanted either.
    private static readonly string[] Wanted = [Memory, "pids", "io", "cpu"];

    /// <summary>Those to switch on for the groups below ours.</summary>
    /// <param name="available"><c>cgroup.controllers</c> of our group.</param>
    public static IReadOnlyList<string> Of(string? available)
    {
        var there = (available ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return there.Contains(Memory) ? [.. Wanted.Where(there.Contains)] : [];
    }
}
