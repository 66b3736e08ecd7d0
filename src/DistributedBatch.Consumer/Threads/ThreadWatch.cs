using System.Collections.Concurrent;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;

namespace DistributedBatch.Consumer.Threads;

/// <summary>Warns, with figures, of attempts that start far more threads than their slot's share of the cores.</summary>
internal sealed partial class ThreadWatch(RunningAttempts running, ThreadShare share, TimeProvider time, ILogger<ThreadWatch> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly BusyThreads threads = new();
    private readonly ConcurrentDictionary<RunId, (string Text, DateTimeOffset At)> warnings = new();

    /// <summary>What there was to warn of in the last ten minutes, one sentence a run.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            var since = time.GetUtcNow() - Remembered;
            return [.. warnings.Values.Where(warning => warning.At >= since).Select(warning => warning.Text)];
        }
    }

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(cancellation))
            Look();
    }

    /// <summary>One look, which compares with the one before.</summary>
    internal void Look()
    {
        threads.Look();
        List<(ActiveAttempt Attempt, int Threads)> busy = [.. running.All.Where(attempt => attempt.Process > 0).Select(attempt => (attempt, threads.Of(attempt.Process)))];
        foreach (var (attempt, count) in ThreadOversubscription.Find(busy, share.Threads, MachineProbe.Cores))
        {
            var text = $"chunk {attempt.Chunk.Index} of run {attempt.Chunk.Run} keeps {count} threads busy where its share is {share.Threads} "
                + $"({MachineProbe.Cores} cores, {busy.Count} attempts at once, {busy.Sum(other => other.Threads)} busy threads): "
                + "let the program take its number of threads from OMP_NUM_THREADS, or use fewer --slots";
            if (!warnings.ContainsKey(attempt.Chunk.Run))
                Crowded(logger, text);
            if (warnings.Count > 64)
                warnings.Clear();
            warnings[attempt.Chunk.Run] = (text, time.GetUtcNow());
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Too many threads: {Warning}.")]
    private static partial void Crowded(ILogger logger, string warning);
}
