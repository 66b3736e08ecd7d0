using System.Collections.Concurrent;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Consumer.Threads;

/// <summary>Warns, with figures, about attempts that run far more threads than their share of the cores.</summary>
internal sealed partial class ThreadMonitor(RunningAttempts running, ThreadShare share, TimeProvider time, ILogger<ThreadMonitor> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarningAge = TimeSpan.FromMinutes(10);

    private readonly BusyThreads threads = new();
    private readonly ConcurrentDictionary<RunId, (string Text, DateTimeOffset At)> warnings = new();

    /// <summary>The warnings of the last ten minutes, one sentence per run.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            var since = time.GetUtcNow() - WarningAge;
            return [.. warnings.Values.Where(warning => warning.At >= since).Select(warning => warning.Text)];
        }
    }

    /// <summary>Checks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellation))
            Check();
    }

    private void Check()
    {
        threads.BeginSample();
        List<(ActiveAttempt Attempt, int Threads)> busy =
            [.. running.All.Select(attempt => (Attempt: attempt, attempt.Process.Id)).Where(pair => pair.Id > 0).Select(pair => (pair.Attempt, threads.CountOf(pair.Id)))];
        foreach (var (attempt, count) in ThreadOversubscription.Find(busy, share.Threads, MachineProbe.Cores))
        {
            var text = $"chunk {attempt.Chunk.Index} of run {attempt.Chunk.Run} keeps {count} threads busy where its share is {share.Threads} "
                + $"({MachineProbe.Cores} cores, {busy.Count} attempts at once, {busy.Sum(other => other.Threads)} busy threads): "
                + "let the program take its number of threads from OMP_NUM_THREADS, or use fewer --slots";
            if (!warnings.ContainsKey(attempt.Chunk.Run))
                TooManyThreads(logger, text);
            if (warnings.Count > 64)
                warnings.Clear();
            warnings[attempt.Chunk.Run] = (text, time.GetUtcNow());
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Too many threads: {Warning}.")]
    private static partial void TooManyThreads(ILogger logger, string warning);
}
