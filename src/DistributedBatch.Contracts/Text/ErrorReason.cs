using System.Text.RegularExpressions;

namespace DistributedBatch.Contracts.Text;

/// <summary>
/// Finds in the end of a program's standard error the line that says why it failed: the type and the first line of an exception, not the progress bar, the
/// box or the advice that follows it. Knows Python, R, Julia, C++, Java, Rust, Go, shells, and the launchers of distributed programs.
/// </summary>
public static partial class ErrorReason
{
    private const string TracebackHeader = "Traceback (most recent call last)";

    // These exceptions only say that another process failed, which has said more before.
    private static readonly string[] Wrappers = ["ChildFailedError", "CalledProcessError", "ProcessRaisedException", "ProcessExitedException"];

    /// <summary>The line that most likely says why the program failed; null when <paramref name="stderr"/> has no line of any use.</summary>
    public static string? Of(string? stderr)
    {
        if (string.IsNullOrWhiteSpace(stderr))
            return null;
        var lines = StderrLines.Of(stderr);
        var useful = lines.Where(line => !StderrLines.IsNoise(line)).ToList();
        return Recognise(lines)
            ?? useful.LastOrDefault(line => ErrorWord().IsMatch(line) && !StderrLines.IsWarning(line))?.Trim()
            ?? useful.LastOrDefault(line => !StderrLines.IsFrame(line) && !StderrLines.IsWarning(line))?.Trim()
            ?? useful.LastOrDefault()?.Trim();
    }

    /// <summary>
    /// The line when it has the form of an error, such as <c>ValueError: bad pixel</c>; null otherwise. For a program that a signal ended: its last line was
    /// most likely written before it knew of any trouble.
    /// </summary>
    public static string? Recognised(string? stderr) => string.IsNullOrWhiteSpace(stderr) ? null : Recognise(StderrLines.Of(stderr));

    private static string? Recognise(IReadOnlyList<string> lines) => OfTracebacks(lines) ?? Last(lines, Error()) ?? OfTerminate(lines) ?? Last(lines, Crash());

    private static string? OfTracebacks(IReadOnlyList<string> lines)
    {
        string? wrapper = null;
        string? secondary = null;
        for (var header = lines.Count - 1; header >= 0; header--)
        {
            if (!lines[header].Contains(TracebackHeader, StringComparison.Ordinal) || OfTraceback(lines, header) is not { } reason)
                continue;
            if (IsSecondary(lines, header))
                secondary ??= reason;
            else if (Wrappers.Any(name => reason.Split(':')[0].EndsWith(name, StringComparison.Ordinal)))
                wrapper ??= reason;
            else
                return reason;
        }

        return wrapper ?? secondary;
    }

    // The exception is the first line behind the frames that has the form "Type: message"; "Type" alone must follow a frame directly.
    private static string? OfTraceback(IReadOnlyList<string> lines, int header)
    {
        var afterFrame = false;
        for (var at = header + 1; at < lines.Count && !lines[at].Contains(TracebackHeader, StringComparison.Ordinal); at++)
        {
            if (ExceptionLine().Match(lines[at]) is { Success: true } line && (afterFrame || line.Groups["rest"].Success))
                return WithMessage(lines, at, lines[at].Trim());
            afterFrame = StderrLines.IsFrame(lines[at]);
        }

        return null;
    }

    // What the interpreter says about threads, destructors and exit handlers does not decide the exit code.
    private static bool IsSecondary(IReadOnlyList<string> lines, int header) =>
        header > 0 && SecondaryTraceback().IsMatch(lines[header - 1]);

    private static string? Last(IReadOnlyList<string> lines, Regex form)
    {
        for (var at = lines.Count - 1; at >= 0; at--)
        {
            if (form.Match(lines[at]) is { Success: true } match && !StderrLines.IsNoise(lines[at]) && !StderrLines.IsWarning(lines[at]))
                return WithMessage(lines, at, match.Groups["reason"].Value.Trim());
        }

        return null;
    }

    // C++: the type on one line, its message on the next.
    private static string? OfTerminate(IReadOnlyList<string> lines)
    {
        for (var at = lines.Count - 1; at >= 0; at--)
        {
            if (Terminate().Match(lines[at]) is not { Success: true } match)
                continue;
            var what = at + 1 < lines.Count ? What().Match(lines[at + 1]) : Match.Empty;
            return what.Success ? $"{match.Groups["type"].Value}: {what.Groups["message"].Value.Trim()}" : lines[at].Trim();
        }

        return null;
    }

    // A message that begins on the next line.
    private static string WithMessage(IReadOnlyList<string> lines, int at, string reason)
    {
        if (!reason.EndsWith(':'))
            return reason;
        var message = lines.Skip(at + 1).FirstOrDefault(line => !StderrLines.IsNoise(line))?.Trim();
        return message is null ? reason.TrimEnd(':') : $"{reason} {message}";
    }

    [GeneratedRegex(@"^[A-Za-z_][\w.]*(?<rest>:(?: .*)?)?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex ExceptionLine();

    [GeneratedRegex(@"^Exception ignored|^Error in atexit|^Error in sys\.|^Exception in thread|^Exception in callback", RegexOptions.CultureInvariant)]
    private static partial Regex SecondaryTraceback();

    // Python without a traceback, R, Julia, Java, Rust, Go, and Python's own end.
    [GeneratedRegex(
        @"^(?:Uncaught )?(?<reason>(?:[A-Za-z_][\w.]*)?(?:Error|Exception|Interrupt)(?:: .*|:)?)\s*$"
        + @"|^(?<reason>Error(?: in .*?)? ?:(?: .*)?)$|^ERROR: (?:LoadError: )?(?<reason>.+)$|^Exception in thread ""[^""]*"" (?<reason>.+)$"
        + @"|^(?<reason>thread '.*' panicked at .*)$|^(?<reason>(?:panic|fatal error|Fatal Python error): .*)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Error();

    [GeneratedRegex(@"^(?<reason>.*(?:Assertion .* failed|free\(\): |double free|malloc\(\): |corrupted |stack smashing|Segmentation fault|Bus error|Illegal instruction).*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Crash();

    [GeneratedRegex(@"^terminate called after throwing an instance of '(?<type>.+)'", RegexOptions.CultureInvariant)]
    private static partial Regex Terminate();

    [GeneratedRegex(@"^\s*what\(\):\s*(?<message>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex What();

    [GeneratedRegex(
        @"\b(?:error|fatal|exception|panic|abort(?:ed|ing)?|cannot|can't|could not|fail(?:ed|ure)|not found|no such file|denied|killed|out of memory|unbound variable|unable to)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ErrorWord();
}
