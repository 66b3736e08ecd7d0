using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Api;

/// <summary>One attempt as <c>show</c> and <c>logs</c> give it.</summary>
public sealed record AttemptView
{
    /// <summary>Number of the chunk.</summary>
    public required int Index { get; init; }

    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Host it ran on.</summary>
    public required string Host { get; init; }

    /// <summary>Slot it had.</summary>
    public required int Slot { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How it ended; null while it runs.</summary>
    public AttemptOutcome? Outcome { get; init; }

    /// <summary>True when another attempt of the chunk had succeeded first.</summary>
    public bool Duplicate { get; init; }

    /// <summary>Wall time in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Exit code; null when it did not exit by itself.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Signal that ended it; null when none did.</summary>
    public int? Signal { get; init; }

    /// <summary>One sentence on what went wrong.</summary>
    public string? Error { get; init; }

    /// <summary>The last 4 KiB of standard error of a failed attempt.</summary>
    public string? StderrTail { get; init; }

    /// <summary>The JSON it wrote to <c>DBATCH_RESULT</c>.</summary>
    public string? Result { get; init; }

    /// <summary>Processor seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Largest resident set, in bytes.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>Bytes read from disks; what came out of the page cache does not count.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Bytes written to disks, or left in the page cache to be.</summary>
    public long WrittenBytes { get; init; }

    /// <summary>How it was started.</summary>
    public WarmMode Warm { get; init; }
}
