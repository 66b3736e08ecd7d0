namespace DistributedBatch.Producer.Ledger;

/// <summary>What the ledger needs to know of a run: its items, and how often and how long to try.</summary>
internal sealed record RunLimits
{
    /// <summary>First item.</summary>
    public required long First { get; init; }

    /// <summary>One past the last item.</summary>
    public required long Total { get; init; }

    /// <summary>Items per chunk; null for automatic.</summary>
    public long? ChunkSize { get; init; } = 1;

    /// <summary>See <see cref="RunSpec.Retries"/>.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>See <see cref="RunSpec.RetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>See <see cref="RunSpec.CrashLimit"/>.</summary>
    public int CrashLimit { get; init; } = 5;

    /// <summary>See <see cref="RunSpec.MaxFailures"/>.</summary>
    public int? MaxFailures { get; init; }

    /// <summary>How long a cancelled run waits for the reports of its running chunks before it settles them without.</summary>
    public TimeSpan CancelTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The limits of <paramref name="spec"/>.</summary>
    public static RunLimits From(RunSpec spec) => new()
    {
        First = spec.Dataset.First,
        Total = spec.Dataset.Total,
        ChunkSize = spec.ChunkSize,
        Retries = spec.Retries,
        RetryDelay = spec.RetryDelay,
        CrashLimit = spec.CrashLimit,
        MaxFailures = spec.MaxFailures,
        // The host needs the grace period for SIGKILL and then a moment for its report.
        CancelTimeout = spec.Job.Grace + TimeSpan.FromSeconds(5),
    };
}
