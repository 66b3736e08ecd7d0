namespace DistributedBatch.Consumer.Linux;

/// <summary>Parses the lines of <c>/proc/self/cgroup</c>: number, controllers, path; see cgroups(7).</summary>
internal static class ProcSelfCgroup
{
    /// <summary>The path of our group; null when there is no such line.</summary>
    /// <param name="lines">The lines of the file.</param>
    /// <param name="controller">A controller of version 1; empty for version 2.</param>
    public static string? PathOf(IReadOnlyList<string> lines, string controller = "") =>
        lines.FirstOrDefault(line => controller.Length > 0 ? HasController(line, controller) : line.StartsWith("0::", StringComparison.Ordinal))?.Split(':', 3)[2];

    /// <summary>Whether a line names a controller of version 1.</summary>
    public static bool HasController(string line, string controller) => line.Split(':', 3) is [_, var names, _] && names.Split(',').Contains(controller);
}
