using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Resources;

/// <summary>What attempts of each run came to need: their reservation, or the largest peak seen.</summary>
internal sealed class MemoryEstimates
{
    private const int Most = 256;

    // An attempt that ran out of memory wanted more than the peak it reached; nobody knows how much.
    private const double AfterOutOfMemory = 1.5;

    private readonly ConcurrentDictionary<RunId, long> peaks = new();

    /// <summary>Takes in how an attempt ended.</summary>
    public void Learn(AttemptReport report)
    {
        // One that exited by itself ran out of the memory of a GPU.
        var peak = report is { Outcome: AttemptOutcome.OutOfMemory, ExitCode: null } ? (long)(report.PeakMemoryBytes * AfterOutOfMemory) : report.PeakMemoryBytes;
        if (peaks.TryGetValue(report.Run, out var known) && known >= peak)
            return;
        if (peaks.Count >= Most)
            peaks.Clear();
        peaks[report.Run] = peak;
    }

    /// <summary>Takes in what a running attempt holds now, which a finished one has not shown yet.</summary>
    public void Seen(RunId run, long bytes)
    {
        if (!peaks.TryGetValue(run, out var known) || known < bytes)
            peaks[run] = bytes;
    }

    /// <summary>What an attempt of the chunk may come to need, in bytes; 0 when nothing is known.</summary>
    public long Expected(RunChunk chunk) => Math.Max(chunk.Job.MemoryBytes ?? 0, peaks.GetValueOrDefault(chunk.Run));
}
