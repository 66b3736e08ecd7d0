using DistributedBatch.Cli.Progress;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Progress;

public sealed class PlainScreenTests : IDisposable
{
    private static readonly RunId Run = RunId.Parse("0123456789");
    private readonly StringWriter output = new();

    public void Dispose() => output.Dispose();

    [Fact]
    public async Task A_line_comes_at_the_start_at_each_tenth_and_every_ten_seconds()
    {
        await new PlainScreen(output).ShowAsync(show =>
        {
            show(State(0, 0));
            show(State(5, 1));
            show(State(12, 2));
            show(State(13, 3));
            show(State(13, 12.5));
            show(State(100, 13));
            return Task.CompletedTask;
        });

        Assert.Equal(
            [
                "run mine (0123456789): 100 items in 100 chunks",
                "12 %: 12 of 100 items, 12 of 100 chunks, 1 running, 4.00 items/s, 10s to 20s to go",
                "13 %: 13 of 100 items, 13 of 100 chunks, 1 running, 4.00 items/s, 10s to 20s to go",
                "100 %: 100 of 100 items, 100 of 100 chunks, 1 running, 4.00 items/s, 10s to 20s to go",
            ],
            Lines());
    }

    [Fact]
    public async Task Failures_are_told_at_once_but_never_flood_the_screen()
    {
        await new PlainScreen(output).ShowAsync(show =>
        {
            show(State(0, 0) with { Failures = [.. Enumerable.Range(0, 25).Select(index => new AttemptFailure(index, 1, "exit-code 3", "boo"))] });
            return Task.CompletedTask;
        });

        Assert.Equal(1 + 10 + 1, Lines().Length);
        Assert.Equal("failed: chunk 0, attempt 1: exit-code 3: boo", Lines()[1]);
        Assert.Equal("failed: 15 more attempts", Lines()[^1]);
    }

    private string[] Lines() => output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static ProgressState State(int done, double seconds) => new(
        new RunView
        {
            Run = Run,
            Name = "mine",
            State = RunState.Running,
            Chunks = new ChunkCounts(100, 99 - done, 0, 1, done, 0, 0),
            First = 0,
            Total = 100,
            ItemsSucceeded = done,
            Command = ["true"],
            SubmittedAt = DateTimeOffset.UnixEpoch,
            ItemsPerSecond = 4,
            Eta = new EtaRange(10, 20),
        },
        [],
        [],
        TimeSpan.FromSeconds(seconds),
        Note: null);
}
