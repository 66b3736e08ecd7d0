using System.Collections.Concurrent;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Calls a script's <c>process</c> in an interpreter that stays, one per slot. A crash, a timeout, too much memory or a lease of other GPUs ends that
/// interpreter; the next chunk of the slot gets another.
/// </summary>
/// <param name="pool">The zygotes, from which the interpreters are forked.</param>
/// <param name="cold">Runs what no zygote can be had for.</param>
/// <param name="options">Limits.</param>
/// <param name="python">Interpreter to use where the command says <c>python</c>; null for none.</param>
/// <param name="tally">Counts what was saved.</param>
/// <param name="time">Clock for durations and limits.</param>
internal sealed class KeepRunner(ZygotePool pool, IProgramRunner cold, WarmStartOptions options, string? python, WarmCounts tally, TimeProvider time)
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
        if (slots.TryGetValue(start.Slot, out var kept) && kept.Usable && kept.HasCardsOf(start) && kept.Read(start, python) is { } known)
            return await RunAsync(kept, start, known, stop);

        kept?.Dispose();
        if (PythonCommand.Read(start.Command, python) is not PythonReading.Found { Command: var command })
            return await cold.RunAsync(start, stop);
        var key = ZygoteKey.Of(command, start);
        if (await pool.TakeAsync(key) is not ZygoteStart.Ready { Zygote: var zygote })
            return await cold.RunAsync(start, stop);
        kept = await KeepInterpreter.StartAsync(zygote, key, options.KeepGrowthLimit, directory);
        if (kept is null)
            return new ProgramOutcome.RunnerLost("The interpreter that was to stay died before it could take the chunk; the next chunk starts another.");
        slots[start.Slot] = kept;
        return await RunAsync(kept, start, command, stop);
    }

    /// <summary>Whether one of its interpreters is at a chunk.</summary>
    public bool Busy => slots.Values.Any(kept => kept.Busy);

    /// <summary>Ends interpreters that nobody needed for a while; the next chunk starts them again.</summary>
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
        tally.Add();
        return outcome;
    }
}
