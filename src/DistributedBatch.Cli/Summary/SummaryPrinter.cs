using System.Globalization;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Summary;

/// <summary>Prints a summary on standard output: for people, or as JSON.</summary>
internal static class SummaryPrinter
{
    /// <summary>Prints the summary.</summary>
    public static void Print(RunSummary summary, bool json) =>
        Console.Out.WriteLine(json ? JsonText.Of(summary, RunSummaryContext.Default.RunSummary) : string.Join(Environment.NewLine, Lines(summary)));

    /// <summary>The lines for people.</summary>
    public static IEnumerable<string> Lines(RunSummary summary)
    {
        yield return Verdict(summary);
        if (Pace(summary) is { } pace)
            yield return $"  {pace}";
        if (summary.Slots is { } slots)
            yield return $"  {HumanText.Count(slots, "slot")}{(summary.SlotsReason is { } reason ? $": {reason}" : "")}";
        if (summary.Warm is { } warm and not WarmMode.Off || summary.WarmReason is not null)
            yield return $"  Python start: {(summary.Warm ?? WarmMode.Off).ToText()}{(summary.WarmReason is { } why ? $", {why}" : "")}";
        if (summary.Slowest.Count > 0 && summary.Chunks.Total > 1)
            yield return $"  slowest: {string.Join(", ", summary.Slowest.Select(chunk => $"chunk {chunk.Index} ({HumanText.Seconds(chunk.Seconds)})"))}";
        foreach (var line in Failures(summary))
            yield return line;
        foreach (var warning in summary.Warnings)
            yield return $"  note: {warning}";
        if (summary.Hint is { } hint)
            yield return $"  hint: {hint}";
        if (summary.OutputDirectory is { } outputs && HasOutputs(outputs))
            yield return $"  outputs: {outputs}";
        if (summary.Resume is { } resume)
            yield return $"  to resume: {resume}";
    }

    // The directory of --out exists from the start, and has hidden files of its own.
    private static bool HasOutputs(string directory)
    {
        try
        {
            return Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any(path => !Path.GetFileName(path).StartsWith('.'));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Verdict(RunSummary summary)
    {
        var counts = summary.Chunks;
        var rest = counts.Total - counts.Settled;
        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{counts.Succeeded:N0} of {HumanText.Count(counts.Total, "chunk")} succeeded") };
        if (counts.Failed > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{counts.Failed:N0} failed"));
        if (counts.Cancelled > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{counts.Cancelled:N0} cancelled"));
        if (rest > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{rest:N0} left"));
        var reason = summary.Reason is { } why ? $" ({why})" : "";
        return $"Run {summary.Name} ({summary.Run}) {(summary.State.IsSettled() ? AnsiColor.State(summary.State) : "is not finished")}{reason}: {string.Join(", ", parts)}.";
    }

    private static string? Pace(RunSummary summary)
    {
        if (summary.AttemptSeconds <= 0)
            return null;
        var speedup = summary.Speedup is { } factor ? string.Create(CultureInfo.InvariantCulture, $", {factor:0.0} x as fast as one slot") : "";
        return $"{HumanText.Seconds(summary.WallSeconds)}, {HumanText.Rate(summary.ItemsPerSecond)} items/s{speedup}";
    }

    private static IEnumerable<string> Failures(RunSummary summary)
    {
        foreach (var chunk in summary.Failed)
        {
            yield return $"  failed: chunk {chunk.Index} after {HumanText.Count(chunk.Attempt, "attempt")}, {chunk.Outcome}{(chunk.Message is { Length: > 0 } message ? $": {message}" : "")}";
            yield return $"          {chunk.Logs}";
        }

        if (summary.Chunks.Failed > summary.Failed.Count)
            yield return $"  and {summary.Chunks.Failed - summary.Failed.Count} more: dbatch show {summary.Run}{summary.CommandOptions}";
    }
}
