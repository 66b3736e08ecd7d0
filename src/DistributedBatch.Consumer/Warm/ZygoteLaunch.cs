using System.Text;
using CliWrap;

namespace DistributedBatch.Consumer.Warm;

/// <summary>How the interpreter of a zygote is started, and the first thing it is told.</summary>
/// <param name="key">What it is for.</param>
/// <param name="excluded">Modules it must not import, and why.</param>
internal sealed class ZygoteLaunch(ZygoteKey key, IReadOnlyDictionary<string, string> excluded)
{
    // torch.cuda.is_available() then asks NVML and initialises nothing: pytorch/pytorch#68861.
    private const string NoCudaAtImport = "PYTORCH_NVML_BASED_CUDA_CHECK";

    private bool ForcesNoCuda => !key.Environment.ContainsKey(NoCudaAtImport);

    /// <summary>The start, without the pipes.</summary>
    public Command Command()
    {
        var interpreter = key.Command.Interpreter;
        return Cli.Wrap(Locate(interpreter[0]))
            .WithArguments([.. interpreter.Skip(1), .. key.Command.Flags, "-c", ZygoteScripts.Bootstrap, "dbatch-zygote", key.ToString()])
            .WithWorkingDirectory(key.Directory)
            .WithEnvironmentVariables(Environment())
            .WithValidation(CommandResultValidation.None);
    }

    /// <summary>What the bootstrap reads first: the length in eight digits, then the program itself and what it is for.</summary>
    public byte[] Greeting()
    {
        var hello = JsonLine.Of(json =>
        {
            json.WriteString("script", key.Command.Script);
            json.WriteString("module", key.Command.Module);
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
            foreach (var (name, text) in ZygoteScripts.Modules)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(text);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteString("keep", ZygoteScripts.Keep);
        });
        return [.. Encoding.ASCII.GetBytes($"{hello.Length:00000000}"), .. hello];
    }

    // Ours is not the zygote's: what is not in the key is taken out.
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

    // The environment's PATH decides, not ours: a venv that the job activates by PATH is meant.
    private string Locate(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return Path.GetFullPath(program, key.Directory);
        return (key.Environment.GetValueOrDefault("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':')
            .Select(directory => Path.Combine(Path.GetFullPath(directory, key.Directory), program))
            .FirstOrDefault(File.Exists) ?? program;
    }
}
