using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Cli.Checks;

/// <summary>Finds the script that a command gives to an interpreter.</summary>
internal static class ScriptName
{
    // These take the first word behind their name as a file.
    private static readonly string[] Interpreters = ["sh", "bash", "dash", "zsh", "ksh", "perl", "ruby", "julia", "Rscript"];

    // Options of Python with a value that may be the next word.
    private static readonly string[] PythonValues = ["-W", "-X", "--check-hash-based-pycs"];

    /// <summary>The script as written; null when the command has none, or when only an attempt knows its name.</summary>
    public static string? Of(IReadOnlyList<string> command)
    {
        var program = command.Count > 1 ? Path.GetFileName(command[0]) : "";
        var script = PythonCommand.IsPython(program) ? OfPython(command) : Interpreters.Contains(program) ? command[1] : null;
        return script is null or "" || script[0] is '-' or '+' || Template.Parse(script).Names.Any() ? null : script;
    }

    /// <summary>Whether the program is a shell, which looks for its script on PATH too.</summary>
    public static bool IsShell(string program) => Path.GetFileName(program).EndsWith("sh", StringComparison.Ordinal);

    private static string? OfPython(IReadOnlyList<string> command)
    {
        for (var at = 1; at < command.Count; at++)
        {
            var word = command[at];
            if (!word.StartsWith('-'))
                return word;
            if (PythonValues.Contains(word))
                at++;
            else if (word is "-" || word.StartsWith("--", StringComparison.Ordinal) || (word[1] is not ('W' or 'X') && word.AsSpan().ContainsAny('c', 'm')))
                return null; // Standard input, a module, code on the command line, or an option that is not known here.
        }

        return null;
    }
}
