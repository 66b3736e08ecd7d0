using System.Collections.Concurrent;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>Chooses, once per run and host, how the run's chunks are started, and remembers why.</summary>
public sealed partial class WarmStart : IAsyncDisposable
{
    // A host may see thousands of runs; nobody tells it when one is over for good, because a retry may come at any time.
    private const int Remembered = 64;
    private const int Told = 8;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    private readonly WarmStartOptions options;
    private readonly IProgramRunner cold;
    private readonly TimeProvider time;
    private readonly ILogger<WarmStart> logger;
    private readonly ZygotePool pool;
    private readonly ITimer sweep;
    private readonly ConcurrentDictionary<RunId, WarmRun> runs = new();

    /// <summary>Makes one; nothing is started before a chunk asks.</summary>
    /// <param name="options">How warm interpreters are kept.</param>
    /// <param name="cold">Starts a process per chunk.</param>
    /// <param name="time">Clock for durations and limits.</param>
    /// <param name="logger">Told of every choice.</param>
    /// <param name="groups">Control groups for what is forked; null for none.</param>
    public WarmStart(WarmStartOptions options, IProgramRunner cold, TimeProvider time, ILogger<WarmStart> logger, AttemptCgroups? groups = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        (this.options, this.cold, this.time, this.logger) = (options, cold, time, logger);
        pool = new ZygotePool(options, groups, time, logger);
        sweep = time.CreateTimer(_ => EndUnused(), null, SweepEvery, SweepEvery);
    }

    /// <summary>
    /// The runner for a chunk of a run. The first chunk of a run decides, and waits until a preloaded interpreter is up where one is wanted; all others
    /// get the answer at once. The task does not fail: what cannot be warm gets a process per chunk, with the reason.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="job">What it executes.</param>
    /// <param name="start">The chunk that asks.</param>
    public ValueTask<WarmChoice> ChooseAsync(RunId run, JobSpec job, ProgramStart start)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(start);
        var known = runs.TryGetValue(run, out var found)
            ? found
            : runs.GetOrAdd(run, id => new WarmRun(tally => DecideAsync(id, job, start, tally)));
        known.LastUse = time.GetTimestamp();
        var choice = known.Choice.Value;
        return choice.IsCompletedSuccessfully ? new ValueTask<WarmChoice>(choice.Result.Now) : WaitAsync(choice);
    }

    /// <summary>What was chosen for a run and what it saved so far; null when none of its chunks ran here.</summary>
    public WarmStatus? Summary(RunId run) => runs.TryGetValue(run, out var known) ? Summary(run, known) : null;

    /// <summary>The same for the runs that asked last, the latest first.</summary>
    public IReadOnlyList<WarmStatus> Summaries() =>
        [.. runs.OrderByDescending(run => run.Value.LastUse).Take(Told).Select(run => Summary(run.Key, run.Value)).OfType<WarmStatus>()];

    /// <summary>Drops what is remembered of a run, and its interpreters that stay; its next chunk decides anew.</summary>
    public async ValueTask ForgetAsync(RunId run)
    {
        if (runs.TryRemove(run, out var known) && known.Choice.IsValueCreated && await known.Choice.Value is { Runner: KeepRunner runner })
            runner.Dispose();
    }

    /// <summary>Ends every warm interpreter and what runs in them.</summary>
    public async ValueTask DisposeAsync()
    {
        await sweep.DisposeAsync();
        foreach (var run in runs.Keys)
            await ForgetAsync(run);
        await pool.DisposeAsync();
    }

    private static async ValueTask<WarmChoice> WaitAsync(Task<WarmChoice> choice) => (await choice).Now;

    private static WarmStatus? Summary(RunId run, WarmRun known) => known.Choice is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result.Now: var choice } }
        ? new WarmStatus(run, choice.Mode, choice.Reason, known.Tally.Starts, known.Tally.Saved.TotalSeconds, known.Tally.Preloaded)
        : null;

    private void EndUnused()
    {
        foreach (var run in runs.Values)
        {
            if (run.Choice is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result.Runner: KeepRunner keep } })
                keep.EndUnused();
        }

        pool.EndUnused();
        foreach (var (run, _) in runs.OrderByDescending(run => run.Value.LastUse).Skip(Remembered).Where(run => !run.Value.Busy))
            _ = ForgetAsync(run).AsTask();
    }

    private async Task<WarmChoice> DecideAsync(RunId run, JobSpec job, ProgramStart start, WarmCounts tally)
    {
        var choice = await ChooseAsync(job, start, tally);
        if (choice.Reason is null)
            LogChosen(logger, run, choice.Mode);
        else
            LogFellBack(logger, run, choice.Mode, choice.Reason);
        return choice;
    }

    private async Task<WarmChoice> ChooseAsync(JobSpec job, ProgramStart start, WarmCounts tally)
    {
        if (job.Warm == WarmMode.Off)
            return new WarmChoice(cold, WarmMode.Off, null);
        if (!OperatingSystem.IsLinux())
            return new WarmChoice(cold, WarmMode.Off, "warm start needs Linux");
        var reading = PythonCommand.Read(start.Command, job.Python);
        if (reading is not PythonReading.Found { Command: var command })
            return new WarmChoice(cold, WarmMode.Off, ((PythonReading.Unsuited)reading).Reason);
        var began = await pool.TakeAsync(ZygoteKey.Of(command, start));
        if (began is not ZygoteStart.Ready { Zygote.Hello: var hello })
            return new WarmChoice(cold, WarmMode.Off, ((ZygoteStart.Unfit)began).Reason);

        tally.Preloaded = [.. hello.Imported.Select(module => module.Split('.')[0]).Distinct()];
        tally.SavedEach = TimeSpan.FromSeconds(hello.Seconds);
        if (job.Warm == WarmMode.Keep && hello.Process)
            return new WarmChoice(new KeepRunner(pool, cold, options, job.Python, tally, time), WarmMode.Keep, NotPreloaded(hello));
        var missing = job.Warm == WarmMode.Keep
            ? $"'{command.Script ?? command.Module}' offers no function process(start, count) or process(items) to keep an interpreter for"
            : null;
        var fork = new WarmChoice(new ForkRunner(pool, cold, job.Python, tally, time), WarmMode.Fork, missing ?? NotPreloaded(hello));
        if (job.Warm != WarmMode.Auto || job.OutputDirectory is null)
            return fork;
        var trial = new ForkRunner(pool, cold, job.Python, new WarmCounts(), time); // what it forks saves nothing
        return new WarmStartTrial(cold, trial, fork, tally.SavedEach).Choice;
    }

    // Only what would have made forking unsafe; an import that failed will fail in the job's own output.
    private static string? NotPreloaded(ZygoteEvent hello)
    {
        var left = hello.Unsafe.Select(module => $"{module.Key} is not preloaded: {module.Value}");
        return string.Join("; ", left) is { Length: > 0 } text ? text : null;
    }

    [LoggerMessage(EventId = 2410, Level = LogLevel.Information, Message = "Run {Run}: warm start is {Mode}")]
    private static partial void LogChosen(ILogger logger, RunId run, WarmMode mode);

    [LoggerMessage(EventId = 2411, Level = LogLevel.Information, Message = "Run {Run}: warm start is {Mode}, because {Reason}")]
    private static partial void LogFellBack(ILogger logger, RunId run, WarmMode mode, string reason);

    // Lazy, because GetOrAdd may build one in vain and only the one that stays may start an interpreter.
    private sealed class WarmRun
    {
        public WarmRun(Func<WarmCounts, Task<WarmChoice>> decide) => Choice = new Lazy<Task<WarmChoice>>(() => decide(Tally));

        public WarmCounts Tally { get; } = new();

        public long LastUse { get; set; }

        // Only an interpreter that stays ends when its run is forgotten.
        public bool Busy => Choice is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result.Runner: KeepRunner { Busy: true } } };

        public Lazy<Task<WarmChoice>> Choice { get; }
    }
}
