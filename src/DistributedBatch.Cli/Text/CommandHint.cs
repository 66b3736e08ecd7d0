using System.Text.RegularExpressions;

namespace DistributedBatch.Cli.Text;

/// <summary>Completes the commands in a message, so that each works when it is copied.</summary>
internal static partial class CommandHint
{
    /// <summary><paramref name="text"/> with <paramref name="options"/> behind every command of dbatch about a run.</summary>
    /// <param name="text">A message, such as <c>dbatch logs 4k2m9x7q1z 3 shows why</c>.</param>
    /// <param name="options">The options that say where the run is, with a leading blank; empty when a command finds it without.</param>
    public static string Complete(string text, string options) =>
        options.Length == 0 ? text : Command().Replace(text, command => command.Value + options);

    [GeneratedRegex(@"\bdbatch (?:(?:logs|show|watch|results|retry|cancel|pause|resume|explain|run --resume) [0-9a-hjkmnp-tv-z]{10}\b(?: (?:\d+|CHUNK)\b)?|list\b)")]
    private static partial Regex Command();
}
