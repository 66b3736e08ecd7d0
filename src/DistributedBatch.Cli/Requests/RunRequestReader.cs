using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.Datasets;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Text;
using DistributedBatch.Consumer.Interpreters;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Cli.Requests;

/// <summary>Reads a checked request from the merged settings, or lists every mistake in them.</summary>
/// <param name="settings">The merged settings; the key <c>command</c> has the command.</param>
/// <param name="directory">The current directory.</param>
/// <param name="input">Opens standard input.</param>
internal sealed class RunRequestReader(IReadOnlyDictionary<string, SettingValue> settings, string directory, Func<Stream> input)
{
    private readonly List<string> mistakes = [];

    /// <summary>Reads flags, environment, job file and config file.</summary>
    /// <param name="flags">The layer of the flags.</param>
    /// <param name="jobFile">The job file; null for none.</param>
    /// <param name="directory">The current directory.</param>
    /// <param name="remote">Whether other hosts run the command. Then programs cannot be checked here.</param>
    public static (RunRequest? Request, IReadOnlyList<string> Mistakes) ReadLayers(
        IReadOnlyDictionary<string, SettingValue> flags, string? jobFile, string directory, bool remote)
    {
        var mistakes = new List<string>();
        var environment = SettingLayers.FromEnvironment(Environment.GetEnvironmentVariables(), directory);
        var file = jobFile is null ? null : new SettingsFile(jobFile, RunSettings.JobFileKeys, mistakes).Read();
        var config = ConfigFile.Read(mistakes);
        if (jobFile is not null && file!.Count == 0 && mistakes.Count > 0)
            return (null, mistakes); // An unreadable file would only cause false alarms about its missing settings.

        var settings = SettingLayers.Merge(flags, environment, file ?? config, config);
        var (request, wrong) = new RunRequestReader(settings, directory, StandardInput.Open).Read(remote);
        mistakes.AddRange(wrong);
        return mistakes.Count == 0 ? (request, []) : (null, [.. mistakes.Distinct()]);
    }

    /// <summary>The request, or every mistake.</summary>
    /// <param name="remote">Whether other hosts run the command, where the user's directory may not exist.</param>
    public (RunRequest? Request, IReadOnlyList<string> Mistakes) Read(bool remote)
    {
        var reader = new SettingReader(settings, mistakes);
        var workingDirectory = reader.Value("cwd")?.Path ?? directory;
        if (!remote && !Directory.Exists(workingDirectory))
            mistakes.Add($"{reader.Value("cwd")?.Origin ?? "The working directory"}: there is no directory {workingDirectory}.");
        if (reader.Value("command") is not { Texts: not ([] or [""]) })
            mistakes.Add("There is no command. Put it after two dashes: dbatch run --total 100 -- python3 script.py {start} {count}");

        var dataset = new DatasetReader(settings, workingDirectory, input, mistakes).Read();
        var spec = Spec(reader, dataset ?? new RangeDataset(0), workingDirectory);
        var needed = !remote || spec.Before.Count > 0 || spec.After.Count > 0; // otherwise only the hosts need the environment
        var environment = needed ? PythonEnvironments.Find(spec.Job, workingDirectory) : new EnvironmentReading.NotAsked();
        if (environment is EnvironmentReading.Found { Environment.Interpreter: var interpreter })
            spec = spec with { Before = PythonCommand.WithInterpreter(spec.Before, interpreter), After = PythonCommand.WithInterpreter(spec.After, interpreter) };
        var request = new RunRequest
        {
            Spec = spec,
            Named = reader.Value("name") is not null,
            Slots = reader.Slots(),
            Isolation = reader.Word<IsolationMode>(HostIsolation.Key) ?? IsolationMode.Session,
            StateDirectory = reader.Value("state")?.Path ?? Path.Combine(directory, ".dbatch"),
            WorkingDirectory = workingDirectory,
        };

        mistakes.AddRange(RunSpecCheck.Mistakes(Checkable(spec, dataset)));
        if (dataset is not null && ForeignPlaceholder.Mistake(spec.Job, dataset) is { } braces)
            mistakes.Add(braces);
        if (PythonHasNoEffect(reader) is { } noEffect)
            mistakes.Add(noEffect);
        if (environment is EnvironmentReading.Missing missing)
            mistakes.Add(missing.Error);
        else if (!remote)
            mistakes.AddRange(ProgramMistakes(spec, workingDirectory, VariablesOf(spec, environment)["PATH"]));
        if (mistakes.Count > 0)
            return (null, [.. mistakes.Distinct()]);
        return (remote ? request : request with { Script = PythonScriptCheck.For(spec, workingDirectory, VariablesOf(spec, environment)) }, []);
    }

    // The variables of the command that differ from those of this process, and PATH.
    private static Dictionary<string, string> VariablesOf(RunSpec spec, EnvironmentReading environment)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "" };
        (environment as EnvironmentReading.Found)?.Environment.Activate(variables);
        foreach (var (name, value) in spec.Job.Env.Concat(spec.Job.Secrets ?? new Dictionary<string, string>()))
            variables[name] = value;
        return variables;
    }

    // A missing command or dataset is in the list already; placeholders let the check find the other mistakes.
    private static RunSpec Checkable(RunSpec spec, Dataset? dataset)
    {
        var checkable = spec.Job.Command.Count > 0 ? spec : spec with { Job = spec.Job with { Command = ["true"] } };
        return dataset is null ? checkable with { Dataset = new ItemDataset(["item"]), ChunkSize = 1 } : checkable;
    }

    private static IEnumerable<string> ProgramMistakes(RunSpec spec, string workingDirectory, string path)
    {
        foreach (var (role, words, runsFirst) in new[] { ("", spec.Job.Command, false), ("before: ", spec.Before, true), ("after: ", spec.After, false) })
        {
            if (words.Count > 0 && new CommandCheck(workingDirectory, path, spec.Before.Count > 0 && !runsFirst).Mistake(words) is { } mistake)
                yield return role + mistake;
        }
    }

    // An option that does nothing would be taken for one that helped. In a file or variable it may be meant for other commands.
    private static string? PythonHasNoEffect(SettingReader reader) =>
        reader.Value("python") is { Origin: "--python" } python && reader.Words("command") is [var program, ..]
            && program.Contains('/', StringComparison.Ordinal) && PythonCommand.IsPython(Path.GetFileName(program)) && python.AbsolutePath(program) != python.Path
            ? $"--python has no effect, because the command names {program} with its directory. Write python3 instead, or write {python.Text} in its place and leave --python out."
            : null;

    private RunSpec Spec(SettingReader reader, Dataset dataset, string? workingDirectory)
    {
        var python = NameOrPath(reader.Value("python"));
        var plain = new RunSpec { Name = "", Dataset = dataset, Job = new JobSpec { Command = [] } };
        var command = Words(reader, "command", python);
        var sharesGpu = reader.Text("gpu") == "auto";
        return plain with
        {
            Name = reader.Text("name") is { Length: > 0 } name ? name : DefaultRunName.Of(command),
            ChunkSize = reader.NumberOrAuto("chunk", plain.ChunkSize),
            Retries = reader.Number("retries", 0) ?? plain.Retries,
            RetryDelay = reader.Duration("retry-delay") ?? plain.RetryDelay,
            CrashLimit = reader.Number("crash-limit", 1) ?? plain.CrashLimit,
            MaxFailures = reader.Number("max-failures", 0),
            Weight = reader.Number("weight", 1) ?? plain.Weight,
            Priority = reader.Number("priority", int.MinValue) ?? plain.Priority,
            Before = Words(reader, "before", python),
            After = Words(reader, "after", python),
            Notify = Notify(reader),
            NotifyFailures = reader.Number("notify-failures", 0) ?? plain.NotifyFailures,
            TraceParent = TraceContext.Checked(Environment.GetEnvironmentVariable("TRACEPARENT")),
            Job = plain.Job with
            {
                Command = command,
                Stdin = reader.Text("stdin"),
                WorkingDirectory = workingDirectory,
                Env = reader.Pairs("env"),
                Secrets = Secrets(reader),
                Timeout = reader.Duration("timeout"),
                Grace = reader.Duration("grace") ?? plain.Job.Grace,
                Gpus = sharesGpu ? 1 : reader.Fraction("gpu") ?? plain.Job.Gpus,
                SharesGpu = sharesGpu,
                MemoryBytes = reader.Size("memory"),
                Warm = reader.Word<WarmMode>("warm") ?? plain.Job.Warm,
                Python = python,
                Conda = NameOrPath(reader.Value("conda")),
                Venv = reader.Value("venv")?.Path,
                OutputDirectory = reader.Value("out")?.Path,
            },
        };
    }

    private static IReadOnlyList<string> Words(SettingReader reader, string key, string? python) =>
        PythonCommand.WithInterpreter(reader.Words(key), python);

    // A text with a slash is a path; any other text is a name, which is looked up later.
    private static string? NameOrPath(SettingValue? value) =>
        value is null ? null : value.Text.Contains('/', StringComparison.Ordinal) ? value.Path : value.Text;

    // The value comes from the environment only: every user of the machine can read a command line, and a job file stays on disk.
    private Dictionary<string, string>? Secrets(SettingReader reader)
    {
        if (reader.Value("env-secret") is not { } names)
            return null;
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names.Texts)
        {
            if (name.Contains('=', StringComparison.Ordinal))
                mistakes.Add($"{names.Origin} takes a name without a value. Set {name[..name.IndexOf('=', StringComparison.Ordinal)]} in your environment; dbatch reads the value there.");
            else if (Environment.GetEnvironmentVariable(name) is { } value)
                secrets[name] = value;
            else
                mistakes.Add($"{names.Origin}: the variable {name} is not set.");
        }

        return secrets;
    }

    private Uri? Notify(SettingReader reader)
    {
        if (reader.Value("notify") is not { } value)
            return null;
        if (Uri.TryCreate(value.Text, UriKind.Absolute, out var address))
            return address;
        mistakes.Add($"{value.Origin} must be an address such as https://lab/hook or ntfy://ntfy.sh/topic, not '{value.Text}'.");
        return null;
    }
}
