namespace DistributedBatch.Consumer.Tuning;

/// <summary>Measurements of the host since the previous sample.</summary>
public readonly record struct TunerSample
{
    /// <summary>Time since the previous sample.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Number of slots with a running attempt, on average.</summary>
    public required double Busy { get; init; }

    /// <summary>Number of items in the chunks that succeeded.</summary>
    public required long Items { get; init; }

    /// <summary>Number of chunks that ended.</summary>
    public required int Chunks { get; init; }

    /// <summary>Summed duration of the chunks that ended, in seconds.</summary>
    public double AttemptSeconds { get; init; }

    /// <summary>Summed processor time of the chunks that ended, in seconds; 0 when unknown.</summary>
    public double AttemptCpuSeconds { get; init; }

    /// <summary>Share of the usable cores that was busy, 0 to 1, with any process.</summary>
    public required double CpuBusy { get; init; }

    /// <summary>Memory available without swapping, in bytes.</summary>
    public required long MemoryAvailableBytes { get; init; }

    /// <summary>Share of time in which some task waited for memory, 0 to 1; 0 when the kernel does not tell.</summary>
    public double MemoryPressure { get; init; }

    /// <summary>Memory that one more attempt may need, in bytes: its reservation or the largest peak so far; 0 when unknown.</summary>
    public long AttemptPeakBytes { get; init; }

    /// <summary>Memory that the running attempts may still allocate, in bytes, until each reaches <see cref="AttemptPeakBytes"/>; 0 when unknown.</summary>
    public long UnclaimedBytes { get; init; }
}
