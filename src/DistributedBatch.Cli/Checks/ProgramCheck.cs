using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Cli.Checks;

/// <summary>Looks for the program of a command before anything starts, in the way a host looks for it.</summary>
internal static class ProgramCheck
{
    /// <summary>What is wrong with the program, or null.</summary>
    /// <param name="program">First word of the command.</param>
    /// <param name="workingDirectory">Directory the command runs in. A missing one is no mistake here; <c>--cwd</c> is checked elsewhere.</param>
    /// <param name="searchPath">The value of PATH.</param>
    public static string? Mistake(string program, string workingDirectory, string searchPath)
    {
        if (program.Length == 0)
            return "The command is an empty word.";
        if (program.Contains('{', StringComparison.Ordinal))
            return null; // Known only when an attempt fills it.
        if (Directory.Exists(workingDirectory))
            return ProgramLookup.Search(program, searchPath, workingDirectory).Error;
        return program.Contains('/', StringComparison.Ordinal) ? null : ProgramLookup.Search(program, searchPath, "/").Error;
    }

    /// <summary>The file that <paramref name="program"/> means on <paramref name="searchPath"/>, or null.</summary>
    public static string? Find(string program, string searchPath) => ProgramLookup.Search(program, searchPath, "/").Program;
}
