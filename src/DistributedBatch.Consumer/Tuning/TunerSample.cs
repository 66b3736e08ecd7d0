namespace DistributedBatch.Consumer.Tuning;

/// <summary>What was seen of the host since the last sample.</summary>
public readonly record struct TunerSample
{
    /// <summary>Time since the last sample.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Slots that had an attempt running, on average.</summary>
    public required double Busy { get; init; }

    /// <summary>Items of the chunks that succeeded.</summary>
    public required long Items { get; init; }

    /// <summary>Chunks that ended.</summary>
    public required int Chunks { get; init; }

    /// <summary>How long the chunks that ended took, together, in seconds.</summary>
    public double AttemptSeconds { get; init; }

    /// <summary>Processor time that the chunks that ended used, together, in seconds; 0 when nothing is known.</summary>
    public double AttemptCpuSeconds { get; init; }

    /// <summary>Share of the usable cores that was busy, 0 to 1, whoever used them.</summary>
    public required double CpuBusy { get; init; }

    /// <summary>Memory that could be had without swapping, in bytes.</summary>
    public required long MemoryAvailableBytes { get; init; }

    /// <summary>Share of time in which some task waited for memory, 0 to 1; 0 where the kernel does not say.</summary>
    public double MemoryPressure { get; init; }

    /// <summary>What one more attempt may come to need, in bytes: its reservation or the largest peak seen; 0 when nothing is known.</summary>
    public long AttemptPeakBytes { get; init; }

    /// <summary>
    /// What the attempts that run now may still grow by, in bytes, when each reaches <see cref="AttemptPeakBytes"/>; 0 when nothing is known.
    /// </summary>
    public long UnclaimedBytes { get; init; }
}
