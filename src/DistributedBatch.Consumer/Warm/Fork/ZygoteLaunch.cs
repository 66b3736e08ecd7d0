using System.Text;
using CliWrap;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>The command that starts a zygote's interpreter, and the first message to it.</summary>
/// <param name="key">The key of the zygote.</param>
/// <param name="excluded">Modules that it must not import, with the reason.</param>
internal sealed class ZygoteLaunch(ZygoteKey key, IReadOnlyDictionary<string, string> excluded)
{
    // With it, torch.cuda.is_available() asks NVML and does not initialise CUDA: pytorch/pytorch#68861.
    private const string NoCudaAtImport = "PYTORCH_NVML_BASED_CUDA_CHECK";

    private bool ForcesNoCuda => !key.Environment.ContainsKey(NoCudaAtImport);

    /// <summary>The command, without pipes.</summary>
    public Command Command()
    {
        var interpreter = key.Command.Interpreter;
        return Cli.Wrap(Find(interpreter[0]))
            .WithArguments([.. interpreter.Skip(1), .. key.Command.Flags, "-c", PythonScripts.Bootstrap, "dbatch-zygote", key.ToString()])
            .WithWorkingDirectory(key.Directory)
            .WithEnvironmentVariables(Environment())
            .WithValidation(CommandResultValidation.None);
    }

    /// <summary>The first message: its length in eight digits, then JSON with the Python modules of the zygote and its task.</summary>
    public byte[] FirstMessage()
    {
        var hello = JsonLine.Of(json =>
        {
            json.WriteString("script", key.Command.Script);
            json.WriteString("module", key.Command.Module);
            if (OpenFilesLimit.Inherited is { } openFiles)
                json.WriteNumber("open_files", openFiles);
            json.WriteStartObject("excluded");
            foreach (var (module, reason) in excluded)
                json.WriteString(module, reason);
            json.WriteEndObject();
            json.WriteStartArray("forced");
            if (ForcesNoCuda)
                json.WriteStringValue(NoCudaAtImport);
            json.WriteEndArray();
            json.WriteStartArray("words");
            foreach (var word in key.Command.Words)
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteStartArray("modules");
            foreach (var (name, text) in PythonScripts.Modules)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(text);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteString("keep", PythonScripts.Keep);
        });
        return [.. Encoding.ASCII.GetBytes($"{hello.Length:00000000}"), .. hello];
    }

    // A null removes a variable that the zygote would inherit from us.
    private Dictionary<string, string?> Environment()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in System.Environment.GetEnvironmentVariables().Keys.Cast<string>())
            environment[name] = null;
        foreach (var (name, value) in key.Environment)
            environment[name] = value;
        if (ForcesNoCuda)
            environment[NoCudaAtImport] = "1";
        return environment;
    }

    // Searched on the job's PATH, because the job may activate an environment by it. A missing program fails at the start, which reports its name.
    private string Find(string program) =>
        ProgramLookup.Search(program, key.Environment.GetValueOrDefault("PATH") ?? ProgramLookup.DefaultPath, key.Directory).Program ?? program;
}
