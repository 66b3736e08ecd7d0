namespace DistributedBatch.Cli.Text;

/// <summary>Commands that start with <c>python</c>, <c>python3</c> or <c>python3.12</c>, without a directory.</summary>
internal static class PythonCommand
{
    /// <summary>Whether <paramref name="word"/> is a Python interpreter that is found on PATH.</summary>
    public static bool IsPython(string word) =>
        word.StartsWith("python", StringComparison.Ordinal) && word["python".Length..].All(character => char.IsAsciiDigit(character) || character == '.');

    /// <summary>The command with <paramref name="interpreter"/> as its Python; unchanged when the command is not Python or no interpreter is given.</summary>
    public static IReadOnlyList<string> WithInterpreter(IReadOnlyList<string> command, string? interpreter) =>
        interpreter is not null && command.Count > 0 && IsPython(command[0]) ? [interpreter, .. command.Skip(1)] : command;
}
