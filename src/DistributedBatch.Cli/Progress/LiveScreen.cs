using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Progress;

/// <summary>Draws the progress in place: a bar, the numbers, the slots and the latest failures.</summary>
/// <param name="region">The place on the terminal.</param>
/// <param name="colors">Whether to use colours.</param>
internal sealed class LiveScreen(LiveRegion region, bool colors) : IProgressScreen
{
    private const int ShownFailures = 5;
    private const int BarWidth = 60;

    private readonly List<AttemptFailure> failures = [];
    private IReadOnlyList<string> lines = [];
    private int failed;

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public async Task ShowAsync(Func<Action<ProgressState>, Task> watch)
    {
        try
        {
            await watch(state => region.Draw(lines = [.. Lines(state)]));
        }
        finally
        {
            region.Clear();
        }
    }

    /// <inheritdoc/>
    public void Tell(string sentence) => region.Draw([.. lines, Paint(sentence, AnsiColor.Yellow)]);

    private IEnumerable<string> Lines(ProgressState state)
    {
        failed += state.Failures.Count;
        failures.AddRange(state.Failures);
        failures.RemoveRange(0, Math.Max(0, failures.Count - ShownFailures));

        yield return Paint(ProgressText.Start(state), AnsiColor.Bold);
        yield return Bar(state);
        yield return ProgressText.Counts(state);
        yield return ProgressText.Pace(state);
        if (ProgressText.Slots(state) is { Length: > 0 } slots)
            yield return Paint(slots, AnsiColor.Grey);
        if (failures.Count > 0)
            yield return Paint($"{HumanText.Count(Math.Max(failed, state.View.FailedAttempts), "attempt")} failed; the latest:", AnsiColor.Red);
        foreach (var failure in failures)
            yield return Paint($"  {failure}", AnsiColor.Red);
        if (state.Note is { } note)
            yield return Paint(note, AnsiColor.Yellow);
    }

    private string Bar(ProgressState state)
    {
        var filled = (int)(state.Done * BarWidth);
        var done = Paint(new string('━', filled), state.View.Chunks.Failed > 0 ? AnsiColor.Yellow : AnsiColor.Green);
        return $"{ProgressText.Percent(state),5} {done}{Paint(new string(colors ? '━' : '─', BarWidth - filled), AnsiColor.Grey)}";
    }

    private string Paint(string text, string color) => AnsiColor.Paint(text, color, colors);
}
