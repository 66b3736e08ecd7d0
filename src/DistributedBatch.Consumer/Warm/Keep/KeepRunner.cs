using System.Collections.Concurrent;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Fork;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm.Keep;

/// <summary>
/// Calls a script's <c>process</c> in a kept interpreter, one per slot. After a crash, a timeout, too much memory or a change of GPUs, the slot gets
/// another interpreter.
/// </summary>
/// <param name="pool">The zygotes from which interpreters are forked.</param>
/// <param name="cold">Runs programs that have no zygote.</param>
/// <param name="options">Limits of the interpreters.</param>
/// <param name="python">Interpreter to use where the command says <c>python</c>; null for none.</param>
/// <param name="statistics">Counts the chunks.</param>
/// <param name="time">Clock for durations and limits.</param>
internal sealed class KeepRunner(ZygotePool pool, IProgramRunner cold, WarmStartOptions options, string? python, WarmStatistics statistics, TimeProvider time)
    : IProgramRunner, IDisposable
{
    private readonly ConcurrentDictionary<int, KeepInterpreter> slots = new();
    private readonly string directory = Directory.CreateTempSubdirectory("dbatch-").FullName;
    private long lastUse = time.GetTimestamp();

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        if (slots.TryGetValue(start.Slot, out var kept) && kept.Usable && kept.HasCardsOf(start) && kept.Parse(start, python) is { } known)
            return await RunAsync(kept, start, known, stop);

        kept?.Dispose();
        if (PythonCommand.Parse(start.Command, python) is not PythonParseResult.Parsed { Command: var command })
            return await cold.RunAsync(start, stop);
        var key = ZygoteKey.Of(command, start);
        if (await pool.GetAsync(key) is not ZygoteStartResult.Ready { Zygote: var zygote })
            return await cold.RunAsync(start, stop);
        kept = await KeepInterpreter.StartAsync(zygote, key, options.KeepGrowthLimit, directory);
        if (kept is null)
            return new ProgramOutcome.RunnerLost("The kept interpreter died before it received the chunk; the next chunk starts another.");
        slots[start.Slot] = kept;
        return await RunAsync(kept, start, command, stop);
    }

    /// <summary>Whether one of its interpreters runs a chunk.</summary>
    public bool Busy => slots.Values.Any(kept => kept.Busy);

    /// <summary>Ends interpreters that were not used for a while.</summary>
    public void EndUnused()
    {
        foreach (var (slot, kept) in slots)
        {
            if (!kept.Busy && time.GetElapsedTime(Interlocked.Read(ref lastUse)) > options.IdleLimit && slots.TryRemove(new(slot, kept)))
                kept.Dispose();
        }
    }

    /// <summary>Ends every interpreter.</summary>
    public void Dispose()
    {
        foreach (var slot in slots.Keys)
        {
            if (slots.TryRemove(slot, out var kept))
                kept.Dispose();
        }

        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private async Task<ProgramOutcome> RunAsync(KeepInterpreter kept, ProgramStart start, PythonCommand command, CancellationToken stop)
    {
        var outcome = await kept.RunAsync(start, command, time, stop);
        Interlocked.Exchange(ref lastUse, time.GetTimestamp());
        statistics.CountStart();
        return outcome;
    }
}
