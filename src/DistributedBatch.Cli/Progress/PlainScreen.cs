using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Progress;

/// <summary>Lines for logs and pipes: at the start, on failures, every 10 % and every 10 seconds.</summary>
/// <param name="output">Receives the lines.</param>
internal sealed class PlainScreen(TextWriter output) : IProgressScreen
{
    private const int MaxFailuresAtOnce = 10;
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(10);

    private int tenth = -1;
    private TimeSpan lastLine;
    private string? lastNote;

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public Task ShowAsync(Func<Action<ProgressState>, Task> watch) => watch(Show);

    /// <inheritdoc/>
    public void Tell(string sentence) => output.WriteLine(sentence);

    private void Show(ProgressState state)
    {
        if (tenth < 0)
        {
            output.WriteLine(ProgressText.Start(state));
            tenth = (int)(state.Done * 10);
        }

        foreach (var failure in state.Failures.Take(MaxFailuresAtOnce))
            output.WriteLine($"failed: {failure}");
        if (state.Failures.Count > MaxFailuresAtOnce)
            output.WriteLine($"failed: {HumanText.Count(state.Failures.Count - MaxFailuresAtOnce, "more attempt")}");
        if (state.Note is { } note && note != lastNote)
            output.WriteLine(lastNote = note);

        var now = (int)(state.Done * 10);
        if (now == tenth && state.Elapsed - lastLine < MaxSilence)
            return;
        (tenth, lastLine) = (now, state.Elapsed);
        output.WriteLine($"{ProgressText.Percent(state)}: {ProgressText.Counts(state)}, {ProgressText.Pace(state)}");
    }
}
