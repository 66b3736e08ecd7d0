using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Interpreters;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// What is the same for every attempt of a run on this host, worked out once: parsed templates, the shared environment, directories. What is left per
/// attempt is filling in numbers.
/// </summary>
internal sealed class JobTemplate
{
    // A run inside a run must not take the outer one's chunk for its own, and no job needs the credentials the consumer was started with.
    private const string OwnPrefix = "DBATCH_";
    private static readonly string[] ThreadVariables = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"];
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
    }

    public RunId Run { get; }

    public JobSpec Job { get; }

    /// <summary>Why no attempt of the job can be started on this host, a sentence; null when nothing is known against it.</summary>
    public string? Obstacle => (python as EnvironmentReading.Missing)?.Error;

    public bool UsesItemsFile { get; }

    public string WorkingDirectory { get; }

    public string OutputRoot { get; }

    public string LogRoot { get; }

    /// <summary>Where the logs of an attempt are kept, but for <c>.out</c> and <c>.err</c>.</summary>
    public string LogOf(int index, int attempt) => Path.Combine(LogRoot, string.Create(CultureInfo.InvariantCulture, $"{index}.{attempt}"));

    /// <summary>The command of one attempt, every placeholder filled.</summary>
    public IReadOnlyList<string> Command(RunChunk chunk, in PlaceholderValues place)
    {
        var filled = new string[command.Length];
        var values = place;
        for (var number = 0; number < filled.Length; number++)
            filled[number] = literals[number].Length > 0 ? literals[number] : command[number].Fill(name => Value(name, chunk, values));
        return filled;
    }

    /// <summary>The bytes of standard input of one attempt.</summary>
    public ReadOnlyMemory<byte> Stdin(RunChunk chunk, in PlaceholderValues place)
    {
        var values = place;
        return literalStdin ?? Utf8.GetBytes(stdin!.Fill(name => Value(name, chunk, values)));
    }

    /// <summary>The environment of one attempt; see the table of the job contract.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="place">Where it runs.</param>
    /// <param name="threads">Cores for each slot, for numeric libraries that would otherwise take the whole machine each.</param>
    public AttemptEnvironment Environment(RunChunk chunk, in PlaceholderValues place, int threads)
    {
        if (shared is not { } common || common.Threads != threads)
            shared = common = new SharedEnvironment(threads, Shared(chunk, threads));
        var slot = Text(place.Slot);
        List<KeyValuePair<string, string>> own =
        [
            new("DBATCH_CHUNK", Text(chunk.Index)),
            new("DBATCH_START", Text(chunk.Start)),
            new("DBATCH_COUNT", Text(chunk.Count)),
            new("DBATCH_ATTEMPT", Text(place.Attempt)),
            new("DBATCH_SLOT", slot),
            new("DBATCH_SEED", ChunkSeed.Of(chunk.Run, chunk.Index).ToString(CultureInfo.InvariantCulture)),
            new("DBATCH_OUT", place.OutDirectory),
            new("DBATCH_RESULT", place.ResultPath),
            new("CONSUMER_WORKER", slot),
        ];
        if (place.Gpus is { } lease)
            own.AddRange(GpuVariables.Of(lease, IsUsers));
        if (place.TraceParent is { } trace)
            own.Add(new("TRACEPARENT", trace));

        // What the user set himself wins, so his names leave our list.
        own.RemoveAll(pair => IsUsers(pair.Key));
        return new AttemptEnvironment(common.Variables, own);
    }

    private bool IsUsers(string name) => Job.Env.ContainsKey(name) || Job.Secrets?.ContainsKey(name) == true;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Value(string name, RunChunk chunk, in PlaceholderValues place) => name switch
    {
        "start" => Text(chunk.Start),
        "count" => Text(chunk.Count),
        "end" => Text(chunk.Start + chunk.Count),
        "index" => Text(chunk.Index),
        "total" => Text(chunk.Total),
        "attempt" => Text(place.Attempt),
        "slot" => Text(place.Slot),
        "gpu" => place.Gpus?.VisibleDevices ?? "",
        "out" => place.OutDirectory,
        "items" => place.ItemsPath,
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

        return $"{{{name}}}"; // Unknown names were refused when the run was submitted; a newer producer may know more than this host.
    }

    private FrozenDictionary<string, string> Shared(RunChunk chunk, int threads)
    {
        var variables = inherited
            .Where(pair => !pair.Key.StartsWith(OwnPrefix, StringComparison.Ordinal) && pair.Key is not ("TRACEPARENT" or "CONSUMER_WORKER"))
            .ToDictionary(StringComparer.Ordinal);
        foreach (var name in ThreadVariables)
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
