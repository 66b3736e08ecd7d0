using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>Runs Python programs as forks of a preloaded interpreter; what cannot be forked goes to a runner that starts processes.</summary>
/// <param name="pool">The zygotes.</param>
/// <param name="cold">Runs what cannot be forked.</param>
/// <param name="python">Interpreter to use where the command says <c>python</c>; null for none.</param>
/// <param name="tally">Counts what was saved.</param>
/// <param name="time">Clock for durations and limits.</param>
internal sealed class ForkRunner(ZygotePool pool, IProgramRunner cold, string? python, WarmCounts tally, TimeProvider time) : IProgramRunner
{
    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        if (PythonCommand.Read(start.Command, python) is not PythonReading.Found { Command: var command })
            return await cold.RunAsync(start, stop);
        var began = await pool.TakeAsync(ZygoteKey.Of(command, start));
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        if (began is not ZygoteStart.Ready { Zygote: var zygote })
            return await cold.RunAsync(start, stop);
        var outcome = await RunAsync(zygote, command, start, stop);
        tally.Add();
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
            if (!start.Stdin.IsEmpty)
                json.WriteBase64String("in", start.Stdin.Span);
            ZygoteProcess.WriteEnvironment(json, start.Environment);
        }, start.OnLongRunning, start.MemoryLimitBytes);
        using var watch = ZygoteWatch.Over(zygote, job, start, time, stop);
        var last = await job.Ended;
        return job.Outcome(last, time.GetElapsedTime(from));
    }
}
