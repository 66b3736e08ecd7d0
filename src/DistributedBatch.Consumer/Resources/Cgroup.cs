using System.Globalization;

namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// What the control groups of this process, its own and those around it, allow and use: a container's, a service's, a batch system's. Versions 1 and 2;
/// see https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroups(7). A figure that the kernel does not tell is null.
/// </summary>
internal sealed class Cgroup
{
    private readonly List<string> memory;
    private readonly List<string> cpu;
    private readonly bool isFirst;

    /// <summary>Finds the groups.</summary>
    /// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; another place only in tests.</param>
    public Cgroup(string root = "/")
    {
        var lines = (ReadText(Path.Combine(root, "proc/self/cgroup")) ?? "0::/").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var mounts = Path.Combine(root, "sys/fs/cgroup");

        // Where both versions are mounted the controllers are with the first.
        isFirst = lines.Any(line => CgroupText.Has(line, "memory"));
        memory = isFirst ? Groups(mounts, "memory", lines) : Groups(mounts, "", lines);
        cpu = isFirst ? Groups(mounts, "cpu", lines) : memory;
    }

    /// <summary>The tightest limit on memory with what is left below it; null without a limit.</summary>
    /// <param name="machineBytes">Memory of the machine; a limit that is not below it, such as the huge number that version 1 means none by, is none.</param>
    public (long LimitBytes, long AvailableBytes)? Memory(long machineBytes)
    {
        (long Limit, long Available)? tightest = null;
        foreach (var group in memory)
        {
            if (MemoryText.Limit(Read(group, isFirst ? "memory.limit_in_bytes" : "memory.max")) is not { } limit || limit >= machineBytes)
                continue;

            // Cached file pages that nobody used lately are given back on demand, just as MemAvailable counts them for the machine.
            var used = (MemoryText.Limit(Read(group, isFirst ? "memory.usage_in_bytes" : "memory.current")) ?? 0)
                - MemoryText.Stat(Read(group, "memory.stat"), isFirst ? "total_inactive_file" : "inactive_file");
            var available = Math.Max(0, limit - used);
            tightest = tightest is { } known
                ? (Math.Min(known.Limit, limit), Math.Min(known.Available, available))
                : (limit, available);
        }

        return tightest;
    }

    /// <summary>Cores that the tightest quota allows, such as 1.5; null without one.</summary>
    public double? QuotaCores() => cpu.Select(Quota).Min();

    /// <summary>Processor time that the group with the tightest quota used; null without one.</summary>
    public TimeSpan? UsedTime()
    {
        if (cpu.Where(group => Quota(group) is not null).MinBy(Quota) is not { } group)
            return null;
        return isFirst
            ? TimeSpan.FromMicroseconds((MemoryText.Limit(Read(group, "cpuacct.usage") ?? Read(group.Replace("/cpu", "/cpuacct", StringComparison.Ordinal), "cpuacct.usage")) ?? 0) / 1000)
            : TimeSpan.FromMicroseconds(MemoryText.Stat(Read(group, "cpu.stat"), "usage_usec"));
    }

    /// <summary>Processes of our own group that the kernel killed because memory ran out, since the group was made; null where it does not count them.</summary>
    public long? OomKills() => Read(memory[0], isFirst ? "memory.oom_control" : "memory.events") is { } events && events.Contains("oom_kill ", StringComparison.Ordinal)
        ? MemoryText.Stat(events, "oom_kill")
        : null;

    private double? Quota(string group)
    {
        var fields = isFirst
            ? [Read(group, "cpu.cfs_quota_us")?.Trim() ?? "", Read(group, "cpu.cfs_period_us")?.Trim() ?? ""]
            : (Read(group, "cpu.max") ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return fields is [var quota, var period, ..]
            && double.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out var allowed)
            && double.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out var every) && every > 0
                ? allowed / every
                : null;
    }

    // From our own group up to the root of what is mounted. A container without a namespace of its own is told a path that it cannot see, and its group is
    // what is mounted.
    private static List<string> Groups(string mounts, string controller, string[] lines)
    {
        var mount = Path.Combine(mounts, controller);
        var path = CgroupText.PathOf(lines, controller) ?? "/";
        var groups = new List<string>();
        for (; path.Length > 1; path = path[..Math.Max(path.LastIndexOf('/'), 0)])
        {
            if (Directory.Exists(mount + path))
                groups.Add(mount + path);
        }

        return [.. groups, mount];
    }

    private static string? Read(string group, string file) => ReadText(Path.Combine(group, file));

    private static string? ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
