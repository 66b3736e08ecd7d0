using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Report of a host on one attempt: it started (no outcome yet), or it ended.</summary>
public sealed record AttemptReport
{
    /// <summary>Bytes of standard output and standard error together that a report may carry.</summary>
    public const int MostLogBytes = 4096;

    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Number of the chunk.</summary>
    public required int Index { get; init; }

    /// <summary>First item of the chunk.</summary>
    public required long Start { get; init; }

    /// <summary>Number of items of the chunk.</summary>
    public required long Count { get; init; }

    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Name of the host.</summary>
    public required string Host { get; init; }

    /// <summary>Slot on the host, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary>When the attempt started, by the host's clock.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How it ended; null says that it has started and still runs.</summary>
    public AttemptOutcome? Outcome { get; init; }

    /// <summary>Wall time from start to exit.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Exit code of the process; null when it did not exit by itself.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Number of the signal that ended the process; null when none did.</summary>
    public int? Signal { get; init; }

    /// <summary>One sentence on what went wrong and what to do; null on success.</summary>
    public string? Error { get; init; }

    /// <summary>Whether every other attempt would fail in the same way, so that none is made.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The last 4 KiB of standard error; null on success.</summary>
    public string? StderrTail { get; init; }

    /// <summary>The JSON the attempt wrote to <c>DBATCH_RESULT</c>; null when it wrote none.</summary>
    public string? Result { get; init; }

    /// <summary>User and system processor time of the attempt and the children it waited for.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>Largest resident set of the attempt, in bytes.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>Bytes the attempt read from disks; what came out of the page cache does not count.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Bytes the attempt wrote to disks, or left in the page cache to be written.</summary>
    public long WrittenBytes { get; init; }

    /// <summary>How the program was started: <c>off</c> for a process of its own, <c>fork</c> or <c>keep</c> for a warm one.</summary>
    public WarmMode Warm { get; init; } = WarmMode.Off;

    /// <summary>Bytes of standard output the attempt wrote, whether or not all of them were kept.</summary>
    public long StdoutBytes { get; init; }

    /// <summary>Bytes of standard error the attempt wrote, whether or not all of them were kept.</summary>
    public long StderrBytes { get; init; }

    /// <summary>
    /// Standard output, where it is for the tracker to keep and small (<see cref="MostLogBytes"/>): a request of its own would cost head and host as much as all
    /// else about a short chunk. Null when there was none or it goes another way.
    /// </summary>
    public byte[]? Stdout { get; init; }

    /// <summary>Standard error, as <see cref="Stdout"/>.</summary>
    public byte[]? Stderr { get; init; }
}
