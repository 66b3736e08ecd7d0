using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Cli.Summary;

/// <summary>What the process that executed a run knows beside the recorded data.</summary>
internal sealed record SessionStatistics
{
    /// <summary>Duration of the execution.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>Items that had succeeded in earlier executions.</summary>
    public long ItemsBefore { get; init; }

    /// <summary>Wall time of the attempts of earlier executions.</summary>
    public double AttemptSecondsBefore { get; init; }

    /// <summary>Number of slots; null when unknown.</summary>
    public int? Slots { get; init; }

    /// <summary>Reason for the number of slots.</summary>
    public string? SlotsReason { get; init; }

    /// <summary>Warnings about the use of the machine.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How Python was started, and what that saved.</summary>
    public IReadOnlyList<WarmStatus> Warm { get; init; } = [];

    /// <summary>A possible remedy; null for none.</summary>
    public string? Hint { get; init; }

    /// <summary>The command that continues the run; null when nothing is left to do.</summary>
    public string? Resume { get; init; }
}
