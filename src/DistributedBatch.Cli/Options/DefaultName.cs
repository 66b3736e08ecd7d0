namespace DistributedBatch.Cli.Options;

/// <summary>Names a run after its program: for an interpreter, after the script it is given.</summary>
internal static class DefaultName
{
    private static readonly string[] Interpreters = ["sh", "bash", "node", "perl", "ruby", "julia", "Rscript"];

    /// <summary>A name for a run of <paramref name="command"/>.</summary>
    public static string Of(IReadOnlyList<string> command)
    {
        var program = command.Count > 0 ? Path.GetFileName(command[0]) : "";
        var script = PythonWord.Is(program) || Interpreters.Contains(program)
            ? command.Skip(1).FirstOrDefault(word => !word.StartsWith('-') && Path.HasExtension(word) && !word.Contains(' ', StringComparison.Ordinal))
            : null;
        var name = script is null ? program : Path.GetFileNameWithoutExtension(script);
        return name.Length > 0 && !name.Contains('{', StringComparison.Ordinal) ? name : "run";
    }
}
