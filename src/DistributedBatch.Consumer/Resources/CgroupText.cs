namespace DistributedBatch.Consumer.Resources;

/// <summary>Reads the lines of <c>/proc/self/cgroup</c>: number, controllers, path; see cgroups(7).</summary>
internal static class CgroupText
{
    /// <summary>The path of our group.</summary>
    /// <param name="lines">The lines of the file.</param>
    /// <param name="controller">A controller of version 1; empty for version 2.</param>
    /// <returns>Null when there is no such line.</returns>
    public static string? PathOf(IReadOnlyList<string> lines, string controller = "") =>
        lines.FirstOrDefault(line => controller.Length > 0 ? Has(line, controller) : line.StartsWith("0::", StringComparison.Ordinal))?.Split(':', 3)[2];

    /// <summary>Whether a line is that of a controller of version 1.</summary>
    public static bool Has(string line, string controller) => line.Split(':', 3) is [_, var names, _] && names.Split(',').Contains(controller);
}
