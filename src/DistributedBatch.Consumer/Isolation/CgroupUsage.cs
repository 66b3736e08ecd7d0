using System.Globalization;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>Parses the files of a control group; see https://docs.kernel.org/admin-guide/cgroup-v2.html.</summary>
internal static class CgroupUsage
{
    /// <summary>
    /// Largest memory of the group in bytes, without memory that the kernel can free on demand. <c>memory.peak</c> includes the page cache: a program
    /// that reads 50 GB once would seem to need 50 GB. So the cache that is there at the end is subtracted. Files in shared memory are not: they are
    /// freed only when they are deleted.
    /// </summary>
    /// <param name="peak"><c>memory.peak</c>; null before Linux 5.19.</param>
    /// <param name="stat"><c>memory.stat</c> after the program's end.</param>
    public static long PeakBytes(string? peak, string? stat) => KernelText.Number(peak) is { } total
        ? Math.Max(0, total - Math.Max(0, KernelText.Field(stat, "file") - KernelText.Field(stat, "shmem")) - KernelText.Field(stat, "slab_reclaimable"))
        : 0;

    /// <summary>Whether the out-of-memory killer killed in the group; null when not counted.</summary>
    /// <param name="events"><c>memory.events</c>.</param>
    public static bool? OutOfMemory(string? events) => events is null ? null : KernelText.Field(events, "oom_kill") > 0;

    /// <summary>Processor time in microseconds.</summary>
    /// <param name="stat"><c>cpu.stat</c>, which exists without the controller too.</param>
    public static long ProcessorMicroseconds(string? stat) => KernelText.Field(stat, "usage_usec");

    /// <summary>Whether a process is in the group or below it.</summary>
    /// <param name="events"><c>cgroup.events</c>.</param>
    public static bool IsPopulated(string? events) => KernelText.Field(events, "populated") > 0;

    /// <summary>Bytes, summed over all devices.</summary>
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
