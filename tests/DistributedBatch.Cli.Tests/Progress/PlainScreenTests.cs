using DistributedBatch.Cli.Progress;

namespace DistributedBatch.Cli.Tests.Progress;

public sealed class PlainScreenTests : IDisposable
{
    private readonly StringWriter output = new();

    public void Dispose() => output.Dispose();

    [Fact]
    public async Task A_line_is_printed_at_the_start_at_each_tenth_and_every_ten_seconds()
    {
        await new PlainScreen(output).ShowAsync(show =>
        {
            show(ProgressStates.At(0, 0));
            show(ProgressStates.At(5, 1));
            show(ProgressStates.At(12, 2));
            show(ProgressStates.At(13, 3));
            show(ProgressStates.At(13, 12.5));
            show(ProgressStates.At(100, 13));
            return Task.CompletedTask;
        });

        Assert.Equal(
            [
                "run mine (0123456789): 100 items in 100 chunks",
                "12 %: 12 of 100 items, 12 of 100 chunks, 1 running, 4.00 items/s, about 20 s left",
                "13 %: 13 of 100 items, 13 of 100 chunks, 1 running, 4.00 items/s, about 20 s left",
                "100 %: 100 of 100 items, 100 of 100 chunks, 1 running, 4.00 items/s, about 20 s left",
            ],
            Lines());
    }

    [Fact]
    public async Task Failures_are_printed_at_once_but_only_ten_at_a_time()
    {
        await new PlainScreen(output).ShowAsync(show =>
        {
            show(ProgressStates.At(0, 0) with { Failures = [.. Enumerable.Range(0, 25).Select(index => new AttemptFailure(index, 1, "exit code 3", "boo"))] });
            return Task.CompletedTask;
        });

        Assert.Equal(1 + 10 + 1, Lines().Length);
        Assert.Equal("failed: chunk 0, attempt 1: exit code 3: boo", Lines()[1]);
        Assert.Equal("failed: 15 more attempts", Lines()[^1]);
    }

    private string[] Lines() => output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
