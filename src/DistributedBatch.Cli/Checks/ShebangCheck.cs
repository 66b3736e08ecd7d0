using System.Text;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Cli.Checks;

/// <summary>Checks the interpreter that the first line of a script names. The system would only say "No such file or directory", about a script that is there.</summary>
internal static class ShebangCheck
{
    private const int MaxLineBytes = 256;

    /// <summary>The mistake in the first line of the program's file, or null.</summary>
    /// <param name="program">First word of the command.</param>
    /// <param name="workingDirectory">Directory the command runs in.</param>
    /// <param name="searchPath">The value of PATH.</param>
    public static string? Mistake(string program, string workingDirectory, string searchPath)
    {
        if (!Directory.Exists(workingDirectory) || ProgramLookup.Search(program, searchPath, workingDirectory).Program is not { } file || FirstLine(file) is not { } line)
            return null;
        var words = line[2..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words is [] or ["\r"])
            return null;
        var byEnvironment = Path.GetFileName(words[0]) == "env" && words.Length == 2;
        var interpreter = words[^1];
        if ((words.Length == 1 || byEnvironment) && interpreter.EndsWith('\r'))
        {
            var name = interpreter.TrimEnd('\r');
            return $"{program} has Windows line ends, so its first line names the interpreter '{name}\\r', which does not exist. "
                + $"Convert the file, for instance with sed -i 's/\\r$//' {program}, or start it with its interpreter: {Path.GetFileName(name)} {program}";
        }

        if (words[0].StartsWith('/') && !File.Exists(words[0]))
            return $"The first line of {program} asks for the interpreter {words[0]}, which does not exist. Install it, or change the line.";
        return byEnvironment && !interpreter.StartsWith('-') && !interpreter.Contains('=', StringComparison.Ordinal) && ProgramLookup.Search(interpreter, searchPath, workingDirectory).Program is null
            ? $"The first line of {program} asks for the interpreter {interpreter}, which is not on PATH. Install it, or change the line."
            : null;
    }

    // The line with its carriage return; null for a file that is no script.
    private static string? FirstLine(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            Span<byte> start = stackalloc byte[MaxLineBytes];
            start = start[..stream.ReadAtLeast(start, MaxLineBytes, throwOnEndOfStream: false)];
            if (!start.StartsWith("#!"u8))
                return null;
            var end = start.IndexOf((byte)'\n');
            return Encoding.UTF8.GetString(end < 0 ? start : start[..end]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
