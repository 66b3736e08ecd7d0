using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Requests;

/// <summary>The default name of a run: its program, or the script when the program is an interpreter.</summary>
internal static class DefaultRunName
{
    private static readonly string[] Interpreters = ["sh", "bash", "node", "perl", "ruby", "julia", "Rscript"];

    /// <summary>The name for a run of <paramref name="command"/>.</summary>
    public static string Of(IReadOnlyList<string> command)
    {
        var program = command.Count > 0 ? Path.GetFileName(command[0]) : "";
        var script = PythonCommand.IsPython(program) || Interpreters.Contains(program)
            ? command.Skip(1).FirstOrDefault(word => !word.StartsWith('-') && Path.HasExtension(word) && !word.Contains(' ', StringComparison.Ordinal))
            : null;
        var name = script is null ? program : Path.GetFileNameWithoutExtension(script);
        return name.Length > 0 && !name.Contains('{', StringComparison.Ordinal) ? name : "run";
    }
}
