using System.Text.RegularExpressions;

namespace DistributedBatch.Contracts.Text;

/// <summary>The lines of a program's standard error as a person reads them on a terminal, and which of them never say why a program failed.</summary>
internal static partial class StderrLines
{
    // Decoration: frames, rules and the blocks of progress bars.
    private const string Decoration = "─━│┃┄┅┆┇┈┉┊┋┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┤┥┬┴┼═║╔╗╚╝╠╣╦╩╬╭╮╯╰╱╲▏▎▍▌▋▊▉█░▒▓-=_*~#+|^.<> \t";

    /// <summary>The lines without colours, without what a carriage return overwrote, and without the rank that launchers put in front of each.</summary>
    public static IReadOnlyList<string> Of(string text) => [.. text.Split('\n').Select(line => Rank().Replace(Overwritten(EscapeSequence().Replace(line, "")), ""))];

    /// <summary>Whether the line is about the progress, is decoration, or comes from a launcher or interpreter that only says that something failed.</summary>
    public static bool IsNoise(string line)
    {
        var text = line.Trim();
        return text.All(letter => Decoration.Contains(letter, StringComparison.Ordinal)) || Progress().IsMatch(text) || Wrapper().IsMatch(text);
    }

    /// <summary>Whether the line is a warning, which seldom is the reason.</summary>
    public static bool IsWarning(string line) => Warning().IsMatch(line.TrimStart());

    /// <summary>Whether the line belongs to a frame of a traceback: indented, or inside a drawn box.</summary>
    public static bool IsFrame(string line) => line.Length > 0 && (char.IsWhiteSpace(line[0]) || line[0] is >= '\u2500' and <= '\u257f');

    // A terminal shows what follows the last carriage return. A bar that was not yet drawn again leaves the text before it.
    private static string Overwritten(string line)
    {
        var parts = line.Split('\r');
        return parts.LastOrDefault(part => !string.IsNullOrWhiteSpace(part)) ?? "";
    }

    [GeneratedRegex(@"\e(?:\[[0-?]*[ -/]*[@-~]|\][^\a\e]*(?:\a|\e\\)?|[@-Z\\^_])")]
    private static partial Regex EscapeSequence();

    // [rank0]: of PyTorch, [default0]: of torchrun, [1,0]<stderr>: of Open MPI, and the bar that an exception group draws.
    [GeneratedRegex(@"^(?:\[(?:rank|default)?\d+(?:,\d+)?\](?:<stderr>)?:\s?|\s*\|\s)")]
    private static partial Regex Rank();

    [GeneratedRegex(@"\d+%\||\d(?:it|s)/(?:s|it)\b|\d+/\d+ \[[\d:<, ?]|\bETA\b\W*\d|^\d+(?:\.\d+)?%$", RegexOptions.CultureInvariant)]
    private static partial Regex Progress();

    [GeneratedRegex(
        @"^Execution halted$|^Calls: |^exit status \d+$|^Node\.js v\d|^note: run with `?RUST_BACKTRACE|^make(?:\[\d+\])?: \*\*\* |^srun: |^slurmstepd: "
        + @"|^Primary job +terminated normally|returned a non-zero exit code|^mpi(?:run|exec) (?:detected|noticed)|^MPI_ABORT was invoked|^with errorcode \d+"
        + @"|^NOTE: invoking MPI_ABORT|^You may or may not see output|exactly when Open MPI kills them|non-zero status, thus causing|^the job to be terminated"
        + @"|torch/distributed/(?:elastic|run)|^Root Cause \(first observed failure\)|^\[\d+\]:$|^(?:time|host|rank|exitcode|error_file|traceback) +: |^Process name: |^Exit code: +\d"
        + @"|^CUDA kernel errors might|^For debugging consider passing|^Compile with `?TORCH_USE_CUDA_DSA|^Stacktrace:|^goroutine \d+ \[|^Try '.* --help'|^Aborted$|^Aborted \(core dumped\)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Wrapper();

    [GeneratedRegex(@"^(?:\S+:\d+: )?\w*Warning: |^WARN(?:ING)?\b|^Warning message", RegexOptions.CultureInvariant)]
    private static partial Regex Warning();
}
