namespace DistributedBatch.Cli.Checks;

/// <summary>Looks for a program as <c>execvp</c> would, before anything starts, so that a typing mistake costs a sentence and not a run.</summary>
internal static class ProgramCheck
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What is wrong with the program, or null.</summary>
    /// <param name="program">First word of the command.</param>
    /// <param name="workingDirectory">Directory the command runs in.</param>
    /// <param name="searchPath">The value of PATH.</param>
    public static string? Mistake(string program, string workingDirectory, string searchPath)
    {
        if (program.Length == 0)
            return "The command is an empty word.";
        if (program.Contains('{', StringComparison.Ordinal))
            return null; // Known only when an attempt fills it.
        if (program.Contains('/', StringComparison.Ordinal))
            return MistakeAt(Path.GetFullPath(program, workingDirectory), program);
        if (Find(program, searchPath) is not null)
            return null;

        var here = Path.Combine(workingDirectory, program);
        if (!File.Exists(here))
            return $"There is no program '{program}' on PATH.";
        return MistakeAt(here, program) is null
            ? $"There is no program '{program}' on PATH; did you mean ./{program}?"
            : $"There is no program '{program}' on PATH; did you mean ./{program}? It needs the execute bit first: chmod +x {program}";
    }

    /// <summary>The file that <paramref name="program"/> means on <paramref name="searchPath"/>, or null.</summary>
    public static string? Find(string program, string searchPath) => searchPath
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(file => MistakeAt(file, program) is null);

    private static string? MistakeAt(string file, string program)
    {
        if (Directory.Exists(file))
            return $"'{program}' is a directory, not a program.";
        if (!File.Exists(file))
            return $"There is no program '{program}'.";
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & AnyExecute) != 0
            ? null
            : $"'{program}' has no execute bit: chmod +x {program}, or name its interpreter first, such as python3 {program}.";
    }
}
