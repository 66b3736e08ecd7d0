namespace DistributedBatch.Cli.Progress;

/// <summary>Shows progress on standard error: drawn in place on a terminal, as lines elsewhere.</summary>
internal interface IProgressScreen
{
    /// <summary>How often the screen wants an update.</summary>
    TimeSpan Interval { get; }

    /// <summary>Shows the states that <paramref name="watch"/> reports, until it ends.</summary>
    Task ShowAsync(Func<Action<ProgressState>, Task> watch);
}
