using System.Globalization;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// Parses the output of <c>nvidia-smi --query-gpu=index,uuid,name,memory.total,memory.used --format=csv,noheader,nounits</c>. When a card is faulty,
/// drivers put warnings, <c>[N/A]</c> and <c>ERR!</c> between the lines. A faulty card is left out, and the others stay usable.
/// </summary>
public static class NvidiaSmiOutput
{
    private const long Mebibyte = 1L << 20;

    /// <summary>Arguments that print the input of <see cref="Cards"/>.</summary>
    public static readonly IReadOnlyList<string> Arguments = ["--query-gpu=index,uuid,name,memory.total,memory.used", "--format=csv,noheader,nounits"];

    /// <summary>Arguments that print the input of <see cref="Processes"/>.</summary>
    public static readonly IReadOnlyList<string> ProcessArguments = ["--query-compute-apps=gpu_uuid,pid,used_gpu_memory", "--format=csv,noheader,nounits"];

    /// <summary>The healthy cards in <paramref name="text"/>, by index.</summary>
    public static IReadOnlyList<GpuCard> Cards(string text) =>
        [.. text.Split('\n').Select(Card).OfType<GpuCard>().DistinctBy(card => card.Index).OrderBy(card => card.Index)];

    /// <summary>Processes that hold memory of cards; may be empty inside a container.</summary>
    public static IReadOnlyList<GpuProcess> Processes(string text) => [.. text.Split('\n').Select(Process).OfType<GpuProcess>()];

    private static GpuProcess? Process(string line)
    {
        var fields = line.Split(',', StringSplitOptions.TrimEntries);
        return fields.Length == 3 && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var process) && Mebibytes(fields[2]) is { } held
            ? new GpuProcess(fields[0], process, held * Mebibyte)
            : null;
    }

    private static GpuCard? Card(string line)
    {
        var fields = line.Split(',', StringSplitOptions.TrimEntries);

        // A model name may hold a comma, so the numbers are read from both ends.
        return fields.Length >= 4
            && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && Mebibytes(fields[^2]) is { } total and > 0
            && Mebibytes(fields[^1]) is { } used
                ? new GpuCard(index, string.Join(", ", fields[(HasUuid(fields) ? 2 : 1)..^2]), total * Mebibyte, Math.Min(used, total) * Mebibyte, HasUuid(fields) ? fields[1] : "")
                : null;
    }

    private static bool HasUuid(string[] fields) => fields.Length > 4 && (fields[1].StartsWith("GPU-", StringComparison.Ordinal) || fields[1].StartsWith("MIG-", StringComparison.Ordinal));

    // Some drivers print the unit in spite of nounits.
    private static long? Mebibytes(string field) =>
        long.TryParse(field.Replace("MiB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
