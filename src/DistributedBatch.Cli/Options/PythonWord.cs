namespace DistributedBatch.Cli.Options;

/// <summary>Finds the interpreter word of a command: <c>python</c>, <c>python3</c>, <c>python3.12</c>, with no directory.</summary>
internal static class PythonWord
{
    /// <summary>Whether <paramref name="word"/> leaves the choice of the interpreter to PATH.</summary>
    public static bool Is(string word) =>
        word.StartsWith("python", StringComparison.Ordinal) && word["python".Length..].All(letter => char.IsAsciiDigit(letter) || letter == '.');

    /// <summary>The command with its interpreter word replaced by <paramref name="interpreter"/>; unchanged when either is missing.</summary>
    public static IReadOnlyList<string> Replace(IReadOnlyList<string> command, string? interpreter) =>
        interpreter is not null && command.Count > 0 && Is(command[0]) ? [interpreter, .. command.Skip(1)] : command;
}
