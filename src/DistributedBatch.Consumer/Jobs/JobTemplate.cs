using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Interpreters;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Jobs;

/// <summary>
/// Everything that is the same for all attempts of a run on this host: parsed command, shared environment, directories. For each attempt only the
/// values are filled in.
/// </summary>
internal sealed class JobTemplate
{
    // A run started by an attempt must not take the outer chunk for its own, and no job needs the consumer's credentials.
    private const string OwnPrefix = "DBATCH_";
    private const string OpenMp = "OMP_NUM_THREADS";

    // Libraries that read these first follow OMP_NUM_THREADS where they are not set.
    private static readonly string[] FollowOpenMp = ["MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"];
    private static readonly string[] OwnThreads = ["NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"];
    private static readonly Encoding Utf8 = new UTF8Encoding(false);

    private readonly Template[] command;
    private readonly string[] literals;
    private readonly Template? stdin;
    private readonly byte[]? literalStdin;
    private readonly IReadOnlyDictionary<string, string> inherited;
    private readonly string host;
    private readonly EnvironmentReading python;
    private volatile SharedEnvironment? shared;

    public JobTemplate(RunChunk chunk, string host, string dataDirectory, IReadOnlyDictionary<string, string> inherited)
    {
        Run = chunk.Run;
        Job = chunk.Job;
        this.host = host;
        this.inherited = inherited;
        command = [.. Job.Command.Select(Template.Parse)];
        literals = [.. command.Select(template => template.Names.Any() ? "" : template.Fill(_ => ""))];
        stdin = Job.Stdin is { } text ? Template.Parse(text) : null;
        literalStdin = stdin is null ? [] : stdin.Names.Any() ? null : Utf8.GetBytes(stdin.Fill(_ => ""));
        UsesItemsFile = command.Append(stdin).Any(template => template?.Names.Contains("items") == true);
        WorkingDirectory = Path.GetFullPath(Job.WorkingDirectory ?? ".");
        python = PythonEnvironments.Find(Job, WorkingDirectory, inherited);
        OutputRoot = Path.GetFullPath(Job.OutputDirectory ?? Path.Combine(dataDirectory, "runs", Run.Value, "out"));
        LogRoot = Path.GetFullPath(Path.Combine(dataDirectory, "runs", Run.Value, "logs"));
        HasEarlierLogs = Directory.Exists(LogRoot);
        StartError = (python as EnvironmentReading.Missing)?.Error ?? OutputError();
    }

    public RunId Run { get; }

    public JobSpec Job { get; }

    /// <summary>Why no attempt of the job can start on this host, one sentence; null when no reason is known.</summary>
    public string? StartError { get; }

    public bool UsesItemsFile { get; }

    public string WorkingDirectory { get; }

    public string OutputRoot { get; }

    public string LogRoot { get; }

    /// <summary>Whether attempts of an earlier process may have left logs.</summary>
    public bool HasEarlierLogs { get; }

    /// <summary>Path of the logs of an attempt, without <c>.out</c> and <c>.err</c>.</summary>
    public string LogOf(int index, int attempt) => Path.Combine(LogRoot, string.Create(CultureInfo.InvariantCulture, $"{index}.{attempt}"));

    /// <summary>The command of one attempt, with every placeholder filled.</summary>
    public IReadOnlyList<string> Command(RunChunk chunk, PlaceholderValues values)
    {
        var filled = new string[command.Length];
        for (var number = 0; number < filled.Length; number++)
            filled[number] = literals[number].Length > 0 ? literals[number] : command[number].Fill(name => Value(name, chunk, values));
        return filled;
    }

    /// <summary>The bytes of standard input of one attempt.</summary>
    public ReadOnlyMemory<byte> Stdin(RunChunk chunk, PlaceholderValues values) =>
        literalStdin ?? Utf8.GetBytes(stdin!.Fill(name => Value(name, chunk, values)));

    /// <summary>The environment of one attempt; see the table of the job contract.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="values">Values of the attempt.</param>
    /// <param name="threads">Threads for numeric libraries, which would otherwise start one per core.</param>
    public AttemptEnvironment Environment(RunChunk chunk, in PlaceholderValues values, int threads)
    {
        if (shared is not { } common || common.Threads != threads)
            shared = common = new SharedEnvironment(threads, Shared(chunk, threads));
        var slot = Text(values.Slot);
        List<KeyValuePair<string, string>> own =
        [
            new("DBATCH_CHUNK", Text(chunk.Index)),
            new("DBATCH_START", Text(chunk.Start)),
            new("DBATCH_COUNT", Text(chunk.Count)),
            new("DBATCH_ATTEMPT", Text(values.Attempt)),
            new("DBATCH_SLOT", slot),
            new("DBATCH_SEED", ChunkSeed.Of(chunk.Run, chunk.Index).ToString(CultureInfo.InvariantCulture)),
            new("DBATCH_OUT", values.OutDirectory),
            new("DBATCH_RESULT", values.ResultPath),
            new("CONSUMER_WORKER", slot),
        ];
        if (values.Gpus is { } lease)
            own.AddRange(GpuVariables.Of(lease, IsUsers));
        if (values.TraceParent is { } trace)
            own.Add(new("TRACEPARENT", trace));

        // Variables that the job sets win over ours.
        own.RemoveAll(pair => IsUsers(pair.Key));
        return new AttemptEnvironment(common.Variables, own);
    }

    // A directory of --out that this host cannot write would else be noticed after the work of each chunk.
    private string? OutputError()
    {
        if (Job.OutputDirectory is null)
            return null;
        try
        {
            Directory.CreateDirectory(OutputRoot);
            var probe = Path.Combine(OutputRoot, $".{Guid.NewGuid():N}");
            File.Create(probe, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"the outputs cannot be written to {OutputRoot}: {failure.Message.TrimEnd('.')}. Let the consumer's user write there, or choose another --out.";
        }
    }

    private bool IsUsers(string name) => Job.Env.ContainsKey(name) || Job.Secrets?.ContainsKey(name) == true;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Value(string name, RunChunk chunk, in PlaceholderValues values) => name switch
    {
        "start" => Text(chunk.Start),
        "count" => Text(chunk.Count),
        "end" => Text(chunk.Start + chunk.Count),
        "index" => Text(chunk.Index),
        "total" => Text(chunk.Total),
        "attempt" => Text(values.Attempt),
        "slot" => Text(values.Slot),
        "gpu" => values.Gpus?.VisibleDevices ?? "",
        "out" => values.OutDirectory,
        "items" => values.ItemsPath,
        "item" => chunk.Items is [var item, ..] ? string.Join(',', item) : "",
        _ => Column(name, chunk),
    };

    private static string Column(string name, RunChunk chunk)
    {
        for (var number = 0; number < (chunk.Columns?.Count ?? 0); number++)
        {
            if (chunk.Columns![number] == name && chunk.Items is [var row, ..])
                return row[number];
        }

        return $"{{{name}}}"; // The producer refuses unknown names; a newer one may know more names than this host.
    }

    private FrozenDictionary<string, string> Shared(RunChunk chunk, int threads)
    {
        var variables = inherited
            .Where(pair => !pair.Key.StartsWith(OwnPrefix, StringComparison.Ordinal) && pair.Key is not ("TRACEPARENT" or "CONSUMER_WORKER"))
            .ToDictionary(StringComparer.Ordinal);
        var isOpenMpUsers = variables.ContainsKey(OpenMp) || IsUsers(OpenMp);
        foreach (var name in (string[])[OpenMp, .. isOpenMpUsers ? [] : FollowOpenMp, .. OwnThreads])
            variables.TryAdd(name, Text(threads));
        variables["DBATCH_RUN"] = Run.Value;
        variables["DBATCH_TOTAL"] = Text(chunk.Total);
        variables["DBATCH_HOST"] = host;
        if (Job.Gpus > 0)
        {
            foreach (var name in GpuVariables.NotInherited)
                variables.Remove(name);
        }

        if (python is EnvironmentReading.Found { Environment: var environment })
            environment.Activate(variables);
        foreach (var (name, value) in Job.Env.Concat(Job.Secrets ?? new Dictionary<string, string>()))
            variables[name] = value;
        return variables.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private sealed record SharedEnvironment(int Threads, IReadOnlyDictionary<string, string> Variables);
}
