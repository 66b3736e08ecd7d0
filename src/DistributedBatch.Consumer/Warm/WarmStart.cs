using System.Collections.Concurrent;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Fork;
using DistributedBatch.Consumer.Warm.Keep;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm;

/// <summary>Chooses the runner of an attempt. The choice is made once per run and host, and remembered with its reason.</summary>
public sealed partial class WarmStart : IAsyncDisposable
{
    // A host may see thousands of runs. No message says that a run is over for good, because a retry may come at any time.
    private const int MaxRuns = 64;
    private const int MaxSummaries = 8;
    private static readonly TimeSpan CleanupInterval = TimeSpan.FromSeconds(30);

    private readonly WarmStartOptions options;
    private readonly IProgramRunner cold;
    private readonly TimeProvider time;
    private readonly ILogger<WarmStart> logger;
    private readonly ZygotePool pool;
    private readonly ITimer cleanup;
    private readonly RunnerSuspects suspects;
    private readonly ConcurrentDictionary<RunId, WarmRun> runs = new();

    /// <summary>Creates it. No interpreter starts before the first chunk.</summary>
    /// <param name="options">Limits of warm interpreters.</param>
    /// <param name="cold">Starts a process per chunk.</param>
    /// <param name="time">Clock for durations and limits.</param>
    /// <param name="logger">For choices, and for starts and deaths of interpreters.</param>
    /// <param name="groups">Control groups for the forks; null for none.</param>
    /// <param name="suspects">Chunks that may kill their interpreter; null when nobody else knows any.</param>
    public WarmStart(
        WarmStartOptions options, IProgramRunner cold, TimeProvider time, ILogger<WarmStart> logger, AttemptCgroups? groups = null, RunnerSuspects? suspects = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (this.options, this.cold, this.time, this.logger, this.suspects) = (options, cold, time, logger, suspects ?? new RunnerSuspects());
        pool = new ZygotePool(options, groups, time, logger);
        cleanup = time.CreateTimer(_ => EndUnused(), null, CleanupInterval, CleanupInterval);
    }

    /// <summary>
    /// The runner for an attempt. The first chunk of a run decides, and waits until a preloaded interpreter is ready where one is wanted; later
    /// chunks get the choice at once. The task does not fail: a chunk that cannot run warm gets a process of its own, and the choice has the reason.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="job">Its job.</param>
    /// <param name="start">The attempt.</param>
    public ValueTask<RunnerChoice> ChooseRunnerAsync(RunId run, JobSpec job, ProgramStart start)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(start);
        if (job.Warm == WarmMode.Off)
            return new(new RunnerChoice(cold, WarmMode.Off, null));
        var known = runs.TryGetValue(run, out var found)
            ? found
            : runs.GetOrAdd(run, id => new WarmRun(statistics => DecideAsync(id, job, start, statistics)));
        known.LastUse = time.GetTimestamp();
        var choice = known.Choice.Value;
        return choice.IsCompletedSuccessfully ? new(choice.Result.Current) : AwaitAsync(choice);
    }

    /// <summary>The choice for a run and what it saved so far; null when no chunk of it asked for warm start here.</summary>
    public WarmStatus? Summary(RunId run) => runs.TryGetValue(run, out var known) ? Summary(run, known) : null;

    /// <summary>The same for the runs that were used last, the latest first.</summary>
    public IReadOnlyList<WarmStatus> Summaries() =>
        [.. runs.OrderByDescending(run => run.Value.LastUse).Take(MaxSummaries).Select(run => Summary(run.Key, run.Value)).OfType<WarmStatus>()];

    /// <summary>Ends the kept interpreters of a slot that was closed.</summary>
    public void EndSlot(int slot)
    {
        foreach (var run in runs.Values)
            run.Kept?.End(slot);
    }

    /// <summary>Ends the kept interpreters of a run.</summary>
    public void EndRun(RunId run)
    {
        if (runs.TryGetValue(run, out var known))
            known.Kept?.EndIdle();
    }

    /// <summary>Ends the kept interpreters that run no chunk, because memory is short; gives their number.</summary>
    public int EndIdle() => runs.Values.Sum(run => run.Kept?.EndIdle() ?? 0);

    /// <summary>Ends every warm interpreter and the programs that run in them.</summary>
    public async ValueTask DisposeAsync()
    {
        await cleanup.DisposeAsync();
        foreach (var run in runs.Keys)
            await ForgetAsync(run);
        await pool.DisposeAsync();
    }

    private static async ValueTask<RunnerChoice> AwaitAsync(Task<RunnerChoice> choice) => (await choice).Current;

    private static WarmStatus? Summary(RunId run, WarmRun known) => known.Decided?.Current is { } choice
        ? new WarmStatus(run, choice.Mode, choice.Reason, known.Statistics.Starts, known.Statistics.Saved.TotalSeconds, known.Statistics.Preloaded)
        : null;

    // The next chunk of the run decides anew.
    private async Task ForgetAsync(RunId run)
    {
        if (runs.TryRemove(run, out var known) && known.Choice.IsValueCreated && await known.Choice.Value is { Runner: KeepRunner runner })
            runner.Dispose();
    }

    private void EndUnused()
    {
        foreach (var run in runs.Values)
            run.Kept?.EndUnused();
        pool.EndUnused();
        foreach (var (run, _) in runs.OrderByDescending(run => run.Value.LastUse).Skip(MaxRuns).Where(run => run.Value.Kept is not { Busy: true }))
            _ = ForgetAsync(run);
    }

    private async Task<RunnerChoice> DecideAsync(RunId run, JobSpec job, ProgramStart start, WarmStatistics statistics)
    {
        RunnerChoice choice;
        try
        {
            choice = await DecideAsync(job, start, statistics);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Every chunk of the run would meet the same failure.
            choice = new RunnerChoice(cold, WarmMode.Off, $"warm start failed here: {failure.Message}");
        }

        if (choice.Reason is null)
            LogChosen(logger, run, choice.Mode);
        else
            LogChosenBecause(logger, run, choice.Mode, choice.Reason);
        return choice;
    }

    private async Task<RunnerChoice> DecideAsync(JobSpec job, ProgramStart start, WarmStatistics statistics)
    {
        RunnerChoice Off(string reason) => new(cold, WarmMode.Off, reason);
        if (!OperatingSystem.IsLinux())
            return Off("warm start needs Linux");
        var parsed = PythonCommand.Parse(start.Command, job.Python);
        if (parsed is not PythonParseResult.Parsed { Command: var command })
            return Off(((PythonParseResult.Unsupported)parsed).Reason);
        var started = await pool.GetAsync(ZygoteKey.Of(command, start));
        if (started is not ZygoteStartResult.Ready { Zygote.Hello: var hello })
            return Off(((ZygoteStartResult.Unsupported)started).Reason);

        statistics.Preloaded = [.. hello.Imported.Select(module => module.Split('.')[0]).Distinct()];
        statistics.SavedPerStart = TimeSpan.FromSeconds(hello.Seconds);
        if (job.Warm == WarmMode.Keep && hello.Process)
            return new RunnerChoice(new KeepRunner(pool, options, job.Python, statistics, suspects, time), WarmMode.Keep, NotPreloaded(hello));
        var missing = job.Warm == WarmMode.Keep
            ? $"'{command.Script ?? command.Module}' has no function process(start, count) or process(items) to keep an interpreter for"
            : null;
        var fork = new RunnerChoice(new ForkRunner(pool, cold, job.Python, statistics, suspects, time), WarmMode.Fork, missing ?? NotPreloaded(hello));
        if (job.Warm != WarmMode.Auto)
            return fork;

        // Forks of the trial save nothing, so they are not counted.
        var trial = new ForkRunner(pool, cold, job.Python, new WarmStatistics(), suspects, time) { IsTrial = true };
        return new WarmStartTrial(cold, trial, fork, statistics.SavedPerStart).Choice;
    }

    // An import that the job itself reports as failed has no reason here.
    private static string? NotPreloaded(ZygoteEvent hello) => hello switch
    {
        { Reason: null } or { Left: [] } => null,
        { Left: [var only] } => $"{only} is not preloaded: {hello.Reason}",
        _ => $"{hello.Left[0]}, and what is imported after it, is not preloaded: {hello.Reason}",
    };

    [LoggerMessage(EventId = 2410, Level = LogLevel.Information, Message = "Run {Run}: warm start is {Mode}")]
    private static partial void LogChosen(ILogger logger, RunId run, WarmMode mode);

    [LoggerMessage(EventId = 2411, Level = LogLevel.Information, Message = "Run {Run}: warm start is {Mode}, because {Reason}")]
    private static partial void LogChosenBecause(ILogger logger, RunId run, WarmMode mode, string reason);

    private sealed class WarmRun
    {
        public WarmRun(Func<WarmStatistics, Task<RunnerChoice>> decide) => Choice = new Lazy<Task<RunnerChoice>>(() => decide(Statistics));

        public WarmStatistics Statistics { get; } = new();

        public long LastUse { get; set; }

        // Lazy, because GetOrAdd may create two, and only the one that stays may start an interpreter.
        public Lazy<Task<RunnerChoice>> Choice { get; }

        public RunnerChoice? Decided => Choice is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: var choice } } ? choice : null;

        public KeepRunner? Kept => Decided?.Runner as KeepRunner;
    }
}
