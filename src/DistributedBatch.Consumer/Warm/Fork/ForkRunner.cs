using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>Runs Python programs as forks of a preloaded interpreter. Programs that cannot be forked go to another runner.</summary>
/// <param name="pool">The preloaded interpreters.</param>
/// <param name="cold">Runs programs that cannot be forked.</param>
/// <param name="python">Interpreter to use where the command says <c>python</c>; null for none.</param>
/// <param name="statistics">Counts the forks.</param>
/// <param name="suspects">Chunks that are not forked, because they may kill the interpreter.</param>
/// <param name="time">Clock for durations and limits.</param>
internal sealed class ForkRunner(
    ZygotePool pool, IProgramRunner cold, string? python, WarmStatistics statistics, RunnerSuspects suspects, TimeProvider time) : IProgramRunner
{
    /// <summary>
    /// Whether the forks are trials: the same chunk runs twice. A trial is killed before it does something outside of its own outputs, and never
    /// goes to the other runner.
    /// </summary>
    public bool IsTrial { get; init; }

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        if (IsTrial && suspects.Contains(start))
            return new ProgramOutcome.NotStarted("it may have killed the preloaded interpreter");
        if (suspects.Contains(start) || PythonCommand.Parse(start.Command, python) is not PythonParseResult.Parsed { Command: var command })
            return await cold.RunAsync(start, stop);
        var result = await pool.GetAsync(ZygoteKey.Of(command, start));
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        if (result is not ZygoteStartResult.Ready { Zygote: var zygote })
            return IsTrial ? new ProgramOutcome.NotStarted(((ZygoteStartResult.Unsupported)result).Reason) : await cold.RunAsync(start, stop);
        var outcome = await RunAsync(zygote, command, start, stop);
        statistics.CountStart();
        return outcome;
    }

    private async Task<ProgramOutcome> RunAsync(ZygoteProcess zygote, PythonCommand command, ProgramStart start, CancellationToken stop)
    {
        var from = time.GetTimestamp();
        var job = zygote.Fork("run", json =>
        {
            json.WriteString("out", start.StdoutPath);
            json.WriteString("err", start.StderrPath);
            json.WriteStartArray("args");
            foreach (var argument in command.Arguments)
                json.WriteStringValue(argument);
            json.WriteEndArray();
            if (IsTrial)
                json.WriteString("note", TrialNote.PathOf(start));
            if (!start.Stdin.IsEmpty)
                json.WriteBase64String("in", start.Stdin.Span);
            ZygoteProcess.WriteEnvironment(json, start.Environment);
        }, start.Process, start.MemoryLimitBytes);
        await using var stopper = ZygoteJobStopper.Start(zygote, job, start, time, stop);
        var outcome = job.Outcome(await job.Ended, time.GetElapsedTime(from));
        if (outcome is ProgramOutcome.KilledRunner or ProgramOutcome.RunnerLost)
            suspects.Add(start);
        return outcome;
    }
}
