namespace DistributedBatch.Cli.Progress;

/// <summary>Shows progress on standard error: drawn in place on a terminal, as lines elsewhere.</summary>
internal interface IProgressScreen
{
    /// <summary>How often the screen wants an update.</summary>
    TimeSpan Interval { get; }

    /// <summary>Shows a sentence while there is no new state. It may be called only inside <see cref="ShowAsync"/>.</summary>
    void Tell(string sentence);

    /// <summary>Shows the states that <paramref name="watch"/> reports, until it ends.</summary>
    Task ShowAsync(Func<Action<ProgressState>, Task> watch);
}
