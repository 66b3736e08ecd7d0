using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Resources;

/// <summary>How much memory an attempt of each run needs: its reservation, or the largest peak so far.</summary>
internal sealed class MemoryEstimates
{
    private const int MaxRuns = 256;

    // An attempt that ran out of memory needs more than its peak; how much more is unknown.
    private const double GrowthAfterOutOfMemory = 1.5;

    private readonly ConcurrentDictionary<RunId, long> peaks = new();

    /// <summary>Learns from an attempt that ended.</summary>
    public void Learn(AttemptReport report)
    {
        // With an exit code, the attempt ran out of GPU memory, which does not count here.
        var peak = report is { Outcome: AttemptOutcome.OutOfMemory, ExitCode: null } ? (long)(report.PeakMemoryBytes * GrowthAfterOutOfMemory) : report.PeakMemoryBytes;
        if (peaks.TryGetValue(report.Run, out var known) && known >= peak)
            return;
        if (peaks.Count >= MaxRuns)
            peaks.Clear();
        peaks[report.Run] = peak;
    }

    /// <summary>Learns from a running attempt that holds <paramref name="bytes"/>.</summary>
    public void LearnRunning(RunId run, long bytes)
    {
        if (!peaks.TryGetValue(run, out var known) || known < bytes)
            peaks[run] = bytes;
    }

    /// <summary>Memory that an attempt of the chunk may need, in bytes; 0 when unknown.</summary>
    public long Expected(RunChunk chunk) => Math.Max(chunk.Job.MemoryBytes ?? 0, peaks.GetValueOrDefault(chunk.Run));
}
