using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Progress;

namespace DistributedBatch.Cli.Tests.Progress;

public sealed class LiveScreenTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_screen_shows_a_bar_the_numbers_and_the_latest_failures_and_is_removed_at_the_end(bool colors)
    {
        await using var terminal = new StringWriter();
        var state = ProgressStates.At(done: 12, seconds: 1) with { Failures = [new AttemptFailure(7, 2, "exit code 3", "boo")], Note = "Stopping" };

        await new LiveScreen(new LiveRegion(terminal, () => (200, 50)), colors).ShowAsync(show =>
        {
            show(state);
            return Task.CompletedTask;
        });

        var drawn = terminal.ToString();
        Assert.Contains("12 %", drawn, StringComparison.Ordinal);
        Assert.Contains("1 attempt failed; the latest:", drawn, StringComparison.Ordinal);
        Assert.Contains("chunk 7, attempt 2: exit code 3: boo", drawn, StringComparison.Ordinal);
        Assert.Contains("Stopping", drawn, StringComparison.Ordinal);
        Assert.Equal(colors, drawn.Contains(AnsiColor.Red, StringComparison.Ordinal));
        Assert.EndsWith("A\e[J", drawn, StringComparison.Ordinal);
    }
}
