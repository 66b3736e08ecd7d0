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
/// <param name="options">Limits of the interpreters.</param>
/// <param name="python">Interpreter to use where the command says <c>python</c>; null for none.</param>
/// <param name="statistics">Counts the chunks.</param>
/// <param name="suspects">Chunks that get a zygote of their own, because they may kill it.</param>
/// <param name="time">Clock for durations and limits.</param>
internal sealed class KeepRunner(
    ZygotePool pool, WarmStartOptions options, string? python, WarmStatistics statistics, RunnerSuspects suspects, TimeProvider time)
    : IProgramRunner, IDisposable
{
    private readonly ConcurrentDictionary<int, KeepInterpreter> slots = new();
    private readonly SocketDirectory sockets = new();
    private long lastUse = time.GetTimestamp();

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        if (suspects.Contains(start))
            return await RunAloneAsync(start, stop);
        if (slots.TryGetValue(start.Slot, out var kept) && kept.Usable && kept.HasCardsOf(start) && kept.Parse(start, python) is { } known && kept.TryUse())
            return await RunAsync(kept, start, known, stop);

        kept?.Dispose();
        return await RunInNewAsync(start, pool.GetAsync, stop);
    }

    // In a zygote that runs nothing else.
    private async Task<ProgramOutcome> RunAloneAsync(ProgramStart start, CancellationToken stop)
    {
        ZygoteProcess? own = null;
        try
        {
            suspects.Remove(start); // it comes back when this interpreter dies, too
            return await RunInNewAsync(start, StartOwnAsync, stop);
        }
        finally
        {
            if (own is not null)
                await own.DisposeAsync();
        }

        async Task<ZygoteStartResult> StartOwnAsync(ZygoteKey key)
        {
            var result = await pool.StartOwnAsync(key);
            own = (result as ZygoteStartResult.Ready)?.Zygote;
            return result;
        }
    }

    // Without an interpreter the chunk fails: as a plain program, a script that only defines process() would do nothing and succeed.
    private async Task<ProgramOutcome> RunInNewAsync(ProgramStart start, Func<ZygoteKey, Task<ZygoteStartResult>> zygoteOf, CancellationToken stop)
    {
        if (PythonCommand.Parse(start.Command, python) is not PythonParseResult.Parsed { Command: var command })
            return new ProgramOutcome.NotStarted("The command of the chunk starts no Python script, so no interpreter can be kept for it; use --warm off.");
        var key = ZygoteKey.Of(command, start);
        var result = await zygoteOf(key);
        if (result is not ZygoteStartResult.Ready { Zygote: var zygote })
            return new ProgramOutcome.NotStarted($"No interpreter can be kept: {((ZygoteStartResult.Unsupported)result).Reason}.");
        if (await KeepInterpreter.StartAsync(zygote, key, options.KeepGrowthLimit, sockets) is not { } kept)
            return new ProgramOutcome.RunnerLost("The kept interpreter died before it received the chunk; the next chunk starts another.");
        slots[start.Slot] = kept;
        _ = kept.TryUse();
        return await RunAsync(kept, start, command, stop);
    }

    private async Task<ProgramOutcome> RunAsync(KeepInterpreter kept, ProgramStart start, PythonCommand command, CancellationToken stop)
    {
        var outcome = await kept.RunAsync(start, command, time, stop);
        Interlocked.Exchange(ref lastUse, time.GetTimestamp());
        statistics.CountStart();
        if (outcome is ProgramOutcome.KilledRunner or ProgramOutcome.RunnerLost)
            suspects.Add(start);
        return outcome;
    }

    /// <summary>Whether one of its interpreters runs a chunk.</summary>
    public bool Busy => slots.Values.Any(kept => kept.Busy);

    /// <summary>Ends interpreters that were not used for a while.</summary>
    public void EndUnused()
    {
        if (time.GetElapsedTime(Interlocked.Read(ref lastUse)) > options.IdleLimit)
            EndIdle();
    }

    /// <summary>Ends the interpreters that run no chunk; gives their number.</summary>
    public int EndIdle() => slots.Keys.Count(End);

    /// <summary>Ends the interpreter of a slot, unless it runs a chunk; false when there is none.</summary>
    public bool End(int slot)
    {
        if (!slots.TryGetValue(slot, out var kept) || !kept.TryUse() || !slots.TryRemove(new(slot, kept)))
            return false;
        kept.Dispose();
        return true;
    }

    /// <summary>Ends every interpreter.</summary>
    public void Dispose()
    {
        foreach (var slot in slots.Keys)
        {
            if (slots.TryRemove(slot, out var kept))
                kept.Dispose();
        }

        sockets.Dispose();
    }
}
