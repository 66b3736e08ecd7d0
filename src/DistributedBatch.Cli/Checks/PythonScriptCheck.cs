using System.ComponentModel;
using System.Text;
using CliWrap;

namespace DistributedBatch.Cli.Checks;

/// <summary>
/// Lets the interpreter of a run read its script before the first chunk: a syntax error, or a module that the first imports need and that is not installed, would fail
/// every chunk in the same way. Only imports above any other statement count, because what comes before an import may make it work.
/// </summary>
/// <param name="Command">The command of the run.</param>
/// <param name="Interpreter">Path of its interpreter.</param>
/// <param name="Script">The script as written.</param>
/// <param name="WorkingDirectory">Directory the command runs in.</param>
/// <param name="Variables">Variables that differ from those of this process.</param>
/// <param name="HasEnvironment">Whether the run names a conda or virtual environment.</param>
internal sealed record PythonScriptCheck(
    IReadOnlyList<string> Command, string Interpreter, string Script, string WorkingDirectory, IReadOnlyDictionary<string, string?> Variables, bool HasEnvironment)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>The check for a run; null when its command starts no Python script, or when another command may change the script or the modules first.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="workingDirectory">Directory the command runs in.</param>
    /// <param name="variables">Variables that differ from those of this process, with PATH.</param>
    public static PythonScriptCheck? For(RunSpec spec, string workingDirectory, IReadOnlyDictionary<string, string> variables) =>
        spec.Before.Count == 0 && ScriptName.Of(spec.Job.Command) is { } script && script.EndsWith(".py", StringComparison.Ordinal)
            && Text.PythonCommand.IsPython(Path.GetFileName(spec.Job.Command[0]))
            && Consumer.Processes.ProgramLookup.Search(spec.Job.Command[0], variables["PATH"], workingDirectory).Program is { } interpreter
            ? new PythonScriptCheck(
                spec.Job.Command, interpreter, script, workingDirectory, variables.ToDictionary(pair => pair.Key, pair => (string?)pair.Value), spec.Job is { Conda: not null } or { Venv: not null })
            : null;

    /// <summary>Runs the check.</summary>
    /// <returns>The mistake; null when there is none, or when the interpreter did not answer.</returns>
    public async Task<string?> MistakeAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        var answer = new StringBuilder();
        try
        {
            var flags = Command.Skip(1).TakeWhile(word => word != Script);
            await CliWrap.Cli.Wrap(Interpreter)
                .WithArguments([.. flags, "-c", Program, Path.GetFullPath(Script, WorkingDirectory)])
                .WithWorkingDirectory(WorkingDirectory)
                .WithEnvironmentVariables(Variables)
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(answer))
                .ExecuteAsync(timeout.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or Win32Exception or IOException)
        {
            return null; // The first attempt says more.
        }

        return await SentenceAsync(answer.ToString().Split('\n').FirstOrDefault(line => line.StartsWith("dbatch-", StringComparison.Ordinal)) ?? "");
    }

    private async Task<string?> SentenceAsync(string line) => line.Split('\t') switch
    {
        ["dbatch-syntax", var number, var error] => $"{Script} line {number}: {error}",
        ["dbatch-missing", var number, var module] =>
            $"{Script} line {number} imports '{module}': {await MissingModule.RemediesAsync(Command[0], module, HasEnvironment)}.",
        _ => null,
    };

    private static string Program { get; } = Load();

    private static string Load()
    {
        using var stream = typeof(PythonScriptCheck).Assembly.GetManifestResourceStream("check_script.py")
            ?? throw new InvalidOperationException("The program was built without check_script.py.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
