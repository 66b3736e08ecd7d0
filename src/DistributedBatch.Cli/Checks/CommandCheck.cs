using System.Buffers;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Cli.Checks;

/// <summary>Finds what is wrong with a command before anything starts. Says nothing where an attempt might still succeed.</summary>
/// <param name="workingDirectory">Directory the command runs in.</param>
/// <param name="searchPath">The value of PATH.</param>
/// <param name="mayMakeFiles">Whether another command runs first, which may make the files that are missing now.</param>
internal sealed class CommandCheck(string workingDirectory, string searchPath, bool mayMakeFiles)
{
    private const int MaxCandidates = 10_000;
    private static readonly SearchValues<char> ShellCharacters = SearchValues.Create("|<>;&$");

    /// <summary>The first mistake of <paramref name="command"/>, or null.</summary>
    public string? Mistake(IReadOnlyList<string> command)
    {
        if (command is [var only] && IsShellLine(only))
            return $"'{only}' is one word, and there is no program of that name. Leave the quotes away, or let a shell read the line: sh -c '…'";
        if (ProgramCheck.Mistake(command[0], workingDirectory, searchPath) is { } mistake)
            return mayMakeFiles && command[0].Contains('/', StringComparison.Ordinal) && !File.Exists(Absolute(command[0])) ? null : mistake + AboutTilde(command[0]);
        return ShebangCheck.Mistake(command[0], workingDirectory, searchPath) ?? ScriptMistake(command);
    }

    private string? ScriptMistake(IReadOnlyList<string> command)
    {
        if (mayMakeFiles || !Directory.Exists(workingDirectory) || ScriptName.Of(command) is not { } script || Path.Exists(Absolute(script)))
            return null;
        if (ScriptName.IsShell(command[0]) && !script.Contains('/', StringComparison.Ordinal) && ProgramCheck.Find(script, searchPath) is not null)
            return null;
        return $"There is no file {script} in {workingDirectory}{Nearest(script)}{AboutTilde(script)}";
    }

    private string Nearest(string script)
    {
        var directory = Path.GetDirectoryName(Absolute(script))!;
        if (!Directory.Exists(directory))
            return ".";
        var names = Directory.EnumerateFiles(directory).Take(MaxCandidates).Select(path => Path.GetFileName(path));
        return NearestName.Of(Path.GetFileName(script), names) is { } name ? $"; did you mean {Path.Combine(Path.GetDirectoryName(script) ?? "", name)}?" : ".";
    }

    // A whole line in quotes: its first word is a program, or it has what only a shell understands.
    private bool IsShellLine(string word)
    {
        if (!word.Any(char.IsWhiteSpace) || Path.Exists(Absolute(word)) || ProgramCheck.Find(word, searchPath) is not null)
            return false;
        var first = word.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        return word.AsSpan().ContainsAny(ShellCharacters) || File.Exists(Absolute(first)) || ProgramCheck.Find(first, searchPath) is not null;
    }

    private string Absolute(string path) => Path.GetFullPath(path, workingDirectory);

    private static string AboutTilde(string word) =>
        word.StartsWith("~/", StringComparison.Ordinal) ? $" No shell replaces the ~ in a command: write {HomePath.Expand(word)}." : "";
}
