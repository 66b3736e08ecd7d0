namespace DistributedBatch.Cli.Progress;

/// <summary>Shows progress on standard error: drawn in place on a terminal, as lines elsewhere.</summary>
internal interface IProgressScreen
{
    /// <summary>How often it wants to be told.</summary>
    TimeSpan Interval { get; }

    /// <summary>Shows what <paramref name="watch"/> tells, until it ends.</summary>
    Task ShowAsync(Func<Action<ProgressState>, Task> watch);
}
