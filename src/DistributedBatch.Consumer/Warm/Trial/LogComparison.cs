using System.Text.RegularExpressions;

namespace DistributedBatch.Consumer.Warm.Trial;

/// <summary>
/// Compares what two runs of a chunk printed. Times, durations, rates and memory addresses differ from one run to the next without a difference in
/// what was computed, so such a difference is told apart. Of a line that was written over (a progress bar), the last text counts, as on a terminal.
/// </summary>
internal static partial class LogComparison
{
    private const int MaxCompared = 4 << 20; // bytes; beyond this, only the same bytes are equal

    /// <summary>The difference between two log files; null for none. A missing file is empty.</summary>
    /// <param name="one">Path of the one.</param>
    /// <param name="other">Path of the other.</param>
    /// <param name="name">What the log is called in a sentence.</param>
    public static TrialDifference? Of(string one, string other, string name)
    {
        var (left, right) = (Length(one), Length(other));
        if (left == right && (left == 0 || FileComparison.SameContent(one, other)))
            return null;
        return Math.Max(left, right) > MaxCompared
            ? new TrialDifference($"its {name} differs")
            : OfTexts(left == 0 ? "" : File.ReadAllText(one), right == 0 ? "" : File.ReadAllText(other), name);
    }

    /// <summary>The difference between two texts; null for none.</summary>
    public static TrialDifference? OfTexts(string one, string other, string name)
    {
        if (one == other)
            return null;
        var (left, right) = (one.Split('\n'), other.Split('\n'));
        for (var line = 0; line < Math.Max(left.Length, right.Length); line++)
        {
            if (line >= left.Length || line >= right.Length || Masked(left[line]) != Masked(right[line]))
                return new TrialDifference($"line {line + 1} of its {name} differs");
        }

        return new TrialDifference($"times in its {name} differ") { OnlyTimes = true };
    }

    private static string Masked(string line) => Varying().Replace(line[(line.TrimEnd('\r').LastIndexOf('\r') + 1)..], "…");

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    // A date with or without a time; a time of day or a duration with colons; seconds an item and items a second; a number with a unit of time; an
    // address.
    [GeneratedRegex(
        @"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b|\b\d{1,3}:\d\d(?::\d\d)?(?:[.,]\d+)?\b"
        + @"|(?:\?|\b\d+(?:\.\d+)?) ?s/[a-z]+\b|(?:\?|\b\d+(?:\.\d+)?[kMG]?) ?[A-Za-z]*/s(?:ec)?\b"
        + @"|\b\d+(?:\.\d+)?(?:e[+-]?\d+)? ?(?:ns|us|µs|ms|s|secs?|seconds?|mins?|minutes?|h|hours?)\b|\b0x[0-9a-f]{6,}\b",
        RegexOptions.CultureInvariant)]
    private static partial Regex Varying();
}
