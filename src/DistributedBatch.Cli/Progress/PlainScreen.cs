namespace DistributedBatch.Cli.Progress;

/// <summary>Lines for logs and pipes: at the start, on failures, every 10 % and every 10 seconds.</summary>
/// <param name="output">Where lines go.</param>
internal sealed class PlainScreen(TextWriter output) : IProgressScreen
{
    private const int MostFailuresAtOnce = 10;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private int tenth = -1;
    private TimeSpan lastLine;
    private string? lastNote;

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public Task ShowAsync(Func<Action<ProgressState>, Task> watch) => watch(Show);

    private void Show(ProgressState state)
    {
        if (tenth < 0)
        {
            output.WriteLine(ProgressText.Start(state));
            tenth = (int)(state.Done * 10);
        }

        foreach (var failure in state.Failures.Take(MostFailuresAtOnce))
            output.WriteLine($"failed: {failure}");
        if (state.Failures.Count > MostFailuresAtOnce)
            output.WriteLine($"failed: {state.Failures.Count - MostFailuresAtOnce} more attempts");
        if (state.Note is { } note && note != lastNote)
            output.WriteLine(lastNote = note);

        var now = (int)(state.Done * 10);
        if (now == tenth && state.Elapsed - lastLine < Longest)
            return;
        (tenth, lastLine) = (now, state.Elapsed);
        output.WriteLine($"{ProgressText.Percent(state)}: {ProgressText.Counts(state)}, {ProgressText.Pace(state)}");
    }
}
