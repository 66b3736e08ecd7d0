using System.Globalization;
using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>Makes figures of the texts in a group's files; see https://docs.kernel.org/admin-guide/cgroup-v2.html. Pure.</summary>
internal static class CgroupUsage
{
    /// <summary>
    /// The most memory the group held that could not be given back on demand. <c>memory.peak</c> counts the page cache as well: a program that reads 50 GB
    /// once would seem to need 50 GB. What of the cache is there at the end is taken off, as it is when free memory is counted. Files in shared memory stay in:
    /// they are given back only when they are deleted.
    /// </summary>
    /// <param name="peak"><c>memory.peak</c>; null before Linux 5.19.</param>
    /// <param name="stat"><c>memory.stat</c> after the program's end.</param>
    public static long PeakBytes(string? peak, string? stat) => MemoryText.Limit(peak) is { } all
        ? Math.Max(0, all - Math.Max(0, MemoryText.Stat(stat, "file") - MemoryText.Stat(stat, "shmem")) - MemoryText.Stat(stat, "slab_reclaimable"))
        : 0;

    /// <summary>Whether the kernel killed in the group because memory ran out; null where it does not count.</summary>
    /// <param name="events"><c>memory.events</c>.</param>
    public static bool? OutOfMemory(string? events) => events is null ? null : MemoryText.Stat(events, "oom_kill") > 0;

    /// <summary>Processor time in microseconds.</summary>
    /// <param name="stat"><c>cpu.stat</c>, which is there without the controller too.</param>
    public static long ProcessorMicroseconds(string? stat) => MemoryText.Stat(stat, "usage_usec");

    /// <summary>Whether a process is in the group or below it.</summary>
    /// <param name="events"><c>cgroup.events</c>.</param>
    public static bool IsPopulated(string? events) => MemoryText.Stat(events, "populated") > 0;

    /// <summary>Bytes over all devices.</summary>
    /// <param name="stat"><c>io.stat</c>.</param>
    /// <param name="field"><c>rbytes</c> or <c>wbytes</c>.</param>
    public static long Bytes(string? stat, string field)
    {
        var sum = 0L;
        foreach (var word in (stat ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith(field, StringComparison.Ordinal) && word.Length > field.Length && word[field.Length] == '='
                && long.TryParse(word.AsSpan(field.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
                sum += bytes;
        }

        return sum;
    }
}
