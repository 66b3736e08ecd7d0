using Spectre.Console;
using Spectre.Console.Rendering;

namespace DistributedBatch.Cli.Progress;

/// <summary>Draws the progress in place: a bar, the numbers, the slots and the latest failures.</summary>
/// <param name="console">The terminal.</param>
internal sealed class LiveScreen(IAnsiConsole console) : IProgressScreen
{
    private const int ShownFailures = 5;
    private const int WidestBar = 60;

    private readonly List<AttemptFailure> failures = [];
    private int failed;

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public Task ShowAsync(Func<Action<ProgressState>, Task> watch) => console
        .Live(new Text(""))
        .AutoClear(true)
        .StartAsync(live => watch(state =>
        {
            live.UpdateTarget(Draw(state));
            live.Refresh();
        }));

    private Rows Draw(ProgressState state)
    {
        failed += state.Failures.Count;
        failures.AddRange(state.Failures);
        failures.RemoveRange(0, Math.Max(0, failures.Count - ShownFailures));

        var lines = new List<IRenderable>
        {
            new Text(ProgressText.Start(state), new Style(decoration: Decoration.Bold)),
            Bar(state),
            new Text(ProgressText.Counts(state)),
            new Text(ProgressText.Pace(state)),
        };
        if (ProgressText.Slots(state) is { Length: > 0 } slots)
            lines.Add(new Text(slots, new Style(Color.Grey)));
        if (failed > 0)
            lines.Add(new Text($"{failed} attempts failed, the latest:", new Style(Color.Red)));
        foreach (var failure in failures)
            lines.Add(new Text($"  {failure}", new Style(Color.Red)).Overflow(Overflow.Ellipsis));
        if (state.Note is { } note)
            lines.Add(new Text(note, new Style(Color.Yellow)));
        return new Rows(lines);
    }

    private Markup Bar(ProgressState state)
    {
        var width = Math.Max(10, Math.Min(WidestBar, console.Profile.Width - 8));
        var filled = (int)(state.Done * width);
        var color = state.View.Chunks.Failed > 0 ? "yellow" : "green";
        return new Markup($"[{color}]{new string('━', filled)}[/][grey]{new string('━', width - filled)}[/] {ProgressText.Percent(state)}");
    }
}
