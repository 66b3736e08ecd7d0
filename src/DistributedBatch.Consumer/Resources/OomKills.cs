using System.Globalization;

namespace DistributedBatch.Consumer.Resources;

/// <summary>Tells whether the kernel's out-of-memory killer was at work, by its own counters.</summary>
internal sealed class OomKills
{
    private static readonly string[] Counters = ["/proc/vmstat", "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

    private readonly Lock turn = new();
    private long known = Count();

    /// <summary>Whether it killed anything since the last time somebody asked and heard yes.</summary>
    public bool Any()
    {
        lock (turn)
        {
            var now = Count();
            if (now <= known)
                return false;

            // One at a time: several attempts may have been killed together, and each of them asks.
            known++;
            return true;
        }
    }

    private static long Count() => Counters.Sum(file =>
    {
        try
        {
            return File.ReadLines(file)
                .Where(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.AsSpan(9), CultureInfo.InvariantCulture));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    });
}
