namespace DistributedBatch.Cli.Progress;

/// <summary>The content of a screen at one moment.</summary>
/// <param name="View">The run.</param>
/// <param name="Hosts">The hosts that are online.</param>
/// <param name="Failures">Attempts that failed since the previous state.</param>
/// <param name="Elapsed">Time since the start of the watch.</param>
/// <param name="Note">A message beside the numbers, such as that the run is stopping; null for none.</param>
internal sealed record ProgressState(
    RunView View, IReadOnlyList<HostView> Hosts, IReadOnlyList<AttemptFailure> Failures, TimeSpan Elapsed, string? Note)
{
    /// <summary>Items to process.</summary>
    public long Items => View.Total - View.First;

    /// <summary>Share of the items that are in succeeded chunks, 0 to 1.</summary>
    public double Done => Items == 0 ? 1 : (double)View.ItemsSucceeded / Items;
}
