namespace DistributedBatch.Consumer.Reporting;

/// <summary>When heartbeats and reports are sent.</summary>
internal sealed record ReportingOptions
{
    /// <summary>Time between two heartbeats.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a report may wait for others.</summary>
    public required TimeSpan Delay { get; init; }

    /// <summary>How long a report may wait when the slots run low, or when a report is about more work than <see cref="Delay"/>.</summary>
    public required TimeSpan UrgentDelay { get; init; }

    /// <summary>The most reports in one message.</summary>
    public required int BatchSize { get; init; }
}
