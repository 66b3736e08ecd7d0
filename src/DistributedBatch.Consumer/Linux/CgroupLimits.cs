using System.Globalization;

namespace DistributedBatch.Consumer.Linux;

/// <summary>
/// Limits and use of the control groups of this process: its own and all above, such as those of a container, a service or a batch system. Versions 1
/// and 2; see https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroups(7). A figure that the kernel does not give is null.
/// </summary>
internal sealed class CgroupLimits
{
    private readonly List<string> memory;
    private readonly List<string> cpu;
    private readonly bool isVersion1;

    /// <summary>Finds the groups.</summary>
    /// <param name="root">Directory that holds <c>proc</c> and <c>sys</c>; tests give another one.</param>
    public CgroupLimits(string root = "/")
    {
        var lines = (ReadText(Path.Combine(root, "proc/self/cgroup")) ?? "0::/").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var mounts = Path.Combine(root, "sys/fs/cgroup");

        // Where both versions are mounted, version 1 has the controllers.
        isVersion1 = lines.Any(line => ProcSelfCgroup.HasController(line, "memory"));
        memory = isVersion1 ? Groups(mounts, "memory", lines) : Groups(mounts, "", lines);
        cpu = isVersion1 ? Groups(mounts, "cpu", lines) : memory;
    }

    /// <summary>The tightest memory limit and the memory that is left below it, in bytes; null without a limit.</summary>
    /// <param name="machineBytes">Memory of the machine. A limit that is not below it does not count; version 1 writes "no limit" as a huge number.</param>
    public (long LimitBytes, long AvailableBytes)? Memory(long machineBytes)
    {
        (long Limit, long Available)? tightest = null;
        foreach (var group in memory)
        {
            if (KernelText.Number(Read(group, isVersion1 ? "memory.limit_in_bytes" : "memory.max")) is not { } limit || limit >= machineBytes)
                continue;

            // Inactive file pages are given back on demand, so they count as available, as in MemAvailable.
            var used = (KernelText.Number(Read(group, isVersion1 ? "memory.usage_in_bytes" : "memory.current")) ?? 0)
                - KernelText.Field(Read(group, "memory.stat"), isVersion1 ? "total_inactive_file" : "inactive_file");
            var available = Math.Max(0, limit - used);
            tightest = tightest is { } known
                ? (Math.Min(known.Limit, limit), Math.Min(known.Available, available))
                : (limit, available);
        }

        return tightest;
    }

    /// <summary>Cores that the tightest quota allows, such as 1.5; null without a quota.</summary>
    public double? QuotaCores() => cpu.Select(Quota).Min();

    /// <summary>Processor time used by the group with the tightest quota; null without a quota.</summary>
    public TimeSpan? UsedTime()
    {
        if (cpu.Where(group => Quota(group) is not null).MinBy(Quota) is not { } group)
            return null;
        return isVersion1
            ? TimeSpan.FromMicroseconds((KernelText.Number(Read(group, "cpuacct.usage") ?? Read(CpuAccounting(group), "cpuacct.usage")) ?? 0) / 1000)
            : TimeSpan.FromMicroseconds(KernelText.Field(Read(group, "cpu.stat"), "usage_usec"));
    }

    /// <summary>Processes of our own group that the out-of-memory killer killed since the group was made; null when not counted.</summary>
    public long? OomKills() => Read(memory[0], isVersion1 ? "memory.oom_control" : "memory.events") is { } events
        && events.Contains("oom_kill ", StringComparison.Ordinal)
        ? KernelText.Field(events, "oom_kill")
        : null;

    private static string CpuAccounting(string group) => group.Replace("/cpu", "/cpuacct", StringComparison.Ordinal);

    private double? Quota(string group)
    {
        var fields = isVersion1
            ? [Read(group, "cpu.cfs_quota_us")?.Trim() ?? "", Read(group, "cpu.cfs_period_us")?.Trim() ?? ""]
            : (Read(group, "cpu.max") ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return fields is [var quota, var period, ..]
            && double.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out var allowed)
            && double.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out var every) && every > 0
                ? allowed / every
                : null;
    }

    // From our own group up to the root of the mount. In a container without a cgroup namespace the path of the group does not exist, and the root of
    // the mount is the group.
    private static List<string> Groups(string mounts, string controller, string[] lines)
    {
        var mount = Path.Combine(mounts, controller);
        var path = ProcSelfCgroup.PathOf(lines, controller) ?? "/";
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
