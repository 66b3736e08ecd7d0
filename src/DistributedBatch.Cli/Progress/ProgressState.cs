using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Cli.Progress;

/// <summary>What a screen shows at one moment.</summary>
/// <param name="View">The run.</param>
/// <param name="Hosts">The hosts that are up.</param>
/// <param name="Failures">Attempts that failed since the last moment.</param>
/// <param name="Elapsed">Time since the watching began.</param>
/// <param name="Note">Something to say beside the numbers, such as that the run is draining; null for nothing.</param>
internal sealed record ProgressState(
    RunView View, IReadOnlyList<HostView> Hosts, IReadOnlyList<AttemptFailure> Failures, TimeSpan Elapsed, string? Note)
{
    /// <summary>Items to process.</summary>
    public long Items => View.Total - View.First;

    /// <summary>Share of the items that are in succeeded chunks, 0 to 1.</summary>
    public double Done => Items == 0 ? 1 : (double)View.ItemsSucceeded / Items;
}
