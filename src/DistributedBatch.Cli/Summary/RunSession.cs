using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Cli.Summary;

/// <summary>What the process that worked on a run knows beside what was recorded.</summary>
internal sealed record RunSession
{
    /// <summary>How long it worked on the run.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>Items that had succeeded before.</summary>
    public long ItemsBefore { get; init; }

    /// <summary>Wall time of attempts that had ended before.</summary>
    public double AttemptSecondsBefore { get; init; }

    /// <summary>Slots it used; null when unknown.</summary>
    public int? Slots { get; init; }

    /// <summary>Why it used as many.</summary>
    public string? SlotsReason { get; init; }

    /// <summary>What people should know about how it used the machine.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How Python was started and what that saved.</summary>
    public IReadOnlyList<WarmStatus> Warm { get; init; } = [];

    /// <summary>Something to try.</summary>
    public string? Hint { get; init; }

    /// <summary>The command that goes on with the run.</summary>
    public string? Resume { get; init; }
}
