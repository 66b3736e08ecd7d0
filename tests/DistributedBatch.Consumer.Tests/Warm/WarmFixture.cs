using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Consumer.Warm.Fork;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>A directory with a script, and a warm start that runs it.</summary>
internal sealed class WarmFixture : IAsyncDisposable
{
    public const string Python = "/usr/bin/python3";

    private static readonly Lazy<string?> TorchMissing = new(() =>
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import importlib.util as u, sys; sys.exit(not (u.find_spec('torch') and u.find_spec('numpy') and u.find_spec('matplotlib')))"]))!;
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"{Python} lacks torch, numpy or matplotlib; install them (apt-get install python3-torch python3-matplotlib) and run the tests again.";
    });

    private readonly string logs;
    private readonly ConcurrentDictionary<string, string> results = new();
    private int chunk;

    public WarmFixture(string? script = null, WarmStartOptions? options = null, AttemptCgroups? groups = null, TimeProvider? time = null)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("dbatch-warm-").FullName;
        logs = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "logs")).FullName;
        if (script is not null)
            Write("script.py", script);
        Warm = new WarmStart(options ?? new WarmStartOptions(), Cold, time ?? TimeProvider.System, NullLogger<WarmStart>.Instance, groups);
    }

    public string Directory { get; }

    public PlainProcessRunner Cold { get; } = new();

    public WarmStart Warm { get; }

    public RunId Run { get; } = RunId.New();

    public WarmMode Mode { get; init; } = WarmMode.Fork;

    /// <summary>Whether the run names an output directory. Then the outputs of an attempt are in <c>out</c> below <see cref="Directory"/>.</summary>
    public bool Outputs { get; init; }

    public static void RequireTorch() => Assert.True(TorchMissing.Value is null, TorchMissing.Value);

    public string Write(string name, string text)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
        return path;
    }

    public ProgramStart Start(IReadOnlyList<string>? command = null, string stdin = "", IReadOnlyDictionary<string, string>? environment = null, long start = 0, long count = 1)
    {
        var number = Interlocked.Increment(ref chunk);
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = Directory,
            ["OMP_NUM_THREADS"] = "1",
            ["OPENBLAS_NUM_THREADS"] = "1",
            ["DBATCH_CHUNK"] = "7",
            ["DBATCH_START"] = $"{start}",
            ["DBATCH_COUNT"] = $"{count}",
            ["DBATCH_SEED"] = "12345",
            ["DBATCH_RESULT"] = Path.Combine(logs, $"{number}.json"),
        };
        if (Outputs)
            variables["DBATCH_OUT"] = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "out")).FullName;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            variables[name] = value;
        return new ProgramStart
        {
            Command = command ?? [Python, "script.py"],
            Environment = variables,
            WorkingDirectory = Directory,
            Stdin = Encoding.UTF8.GetBytes(stdin),
            StdoutPath = Path.Combine(logs, $"{number}.out"),
            StderrPath = Path.Combine(logs, $"{number}.err"),
            Slot = 0,
            Start = start,
            Count = count,
            Grace = TimeSpan.FromSeconds(2),
        };
    }

    public async Task<RunnerChoice> ChooseAsync(ProgramStart start) =>
        await Warm.ChooseRunnerAsync(Run, new JobSpec { Command = start.Command, Warm = Mode, OutputDirectory = Outputs ? "/somewhere" : null }, start);

    public async Task<ProgramResult> RunAsync(ProgramStart start, CancellationToken stop)
    {
        var choice = await ChooseAsync(start);
        var outcome = await choice.Runner.RunAsync(start, stop);
        if (outcome.Result is { } result)
            results[start.StdoutPath] = result;
        return ProgramResult.Of(outcome, start);
    }

    /// <summary>The small result of a program, from its outcome or its result file.</summary>
    public string ResultOf(ProgramStart start) => results.TryGetValue(start.StdoutPath, out var result) ? result : File.ReadAllText(start.Environment["DBATCH_RESULT"]);

    public async Task<ProgramResult> RunColdAsync(ProgramStart start) => ProgramResult.Of(await Cold.RunAsync(start, CancellationToken.None), start);

    public async ValueTask DisposeAsync()
    {
        await Warm.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
