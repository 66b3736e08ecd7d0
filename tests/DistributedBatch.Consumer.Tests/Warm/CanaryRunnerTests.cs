using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>When outputs were asked for, a run is forked only after its first chunk left the same in both ways.</summary>
public sealed class CanaryRunnerTests
{
    // True in a process of its own: a fork's command line is that of the preloaded interpreter.
    private const string Alone = "b'dbatch-zygote' not in open('/proc/self/cmdline', 'rb').read()";

    [Fact(Timeout = 180_000)]
    public async Task The_same_outputs_let_the_next_chunks_be_forked()
    {
        await using var place = Place("open(out + '/a.csv', 'w').write(out)\nopen(os.environ['DBATCH_RESULT'], 'w').write('[1]')\n");

        var first = place.Start();
        Assert.Equal(WarmMode.Off, (await place.ChooseAsync(first)).Mode);
        Assert.Equal(new Ending("exit 0", "alone True\n", ""), await place.RunAsync(first, TestContext.Current.CancellationToken));
        Assert.Equal([Path.Combine(place.Directory, "out", "a.csv")], Directory.GetFileSystemEntries(place.Directory, "*.csv", SearchOption.AllDirectories));
        Assert.Equal("[1]", File.ReadAllText(first.Environment["DBATCH_RESULT"]));
        Assert.Empty(Directory.GetFileSystemEntries(place.Directory, "*.aside", SearchOption.AllDirectories));

        var choice = await place.ChooseAsync(place.Start());
        Assert.Equal((WarmMode.Fork, null), (choice.Mode, choice.Reason));
        Assert.Equal("alone False\n", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout);
        Assert.Equal((1, 1L), (place.Cold.Runs, place.Warm.Summary(place.Run)!.Starts));
    }

    [Theory(Timeout = 180_000)]
    [InlineData($"open(out + '/sub.csv', 'w').write(str({Alone}))", "'sub.csv' differs")]
    [InlineData($"if {Alone}: open(out + '/extra', 'w')", "only one way left 'extra'")]
    [InlineData($"open(os.environ['DBATCH_RESULT'], 'w').write('1' if {Alone} else '2')", "the results differ")]
    [InlineData($"if {Alone}: open(os.environ['DBATCH_RESULT'], 'w').write('1')", "the results differ")]
    [InlineData($"if not {Alone}: raise SystemExit(3)", "ended with exit code 3 as a fork")]
    [InlineData($"if not {Alone}: os.abort()", "was ended by signal 6")]
    public async Task A_difference_keeps_a_process_per_chunk_and_is_named(string line, string difference)
    {
        await using var place = Place(line);

        Assert.Equal(new Ending("exit 0", "alone True\n", ""), await place.RunAsync(place.Start(), TestContext.Current.CancellationToken));
        var choice = await place.ChooseAsync(place.Start());
        Assert.Equal(WarmMode.Off, choice.Mode);
        Assert.Contains(difference, choice.Reason, StringComparison.Ordinal);
        Assert.Equal("alone True\n", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout);
        Assert.Equal(choice.Reason, place.Warm.Summary(place.Run)!.Reason);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chunk_that_fails_decides_nothing()
    {
        await using var place = Place("if not os.path.exists('ready'): raise SystemExit(1)\n");

        Assert.Equal("exit 1", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).How);
        Assert.Equal(WarmMode.Off, (await place.ChooseAsync(place.Start())).Mode);
        place.Write("ready", "");
        Assert.Equal("exit 0", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).How);
        Assert.Equal(WarmMode.Fork, (await place.ChooseAsync(place.Start())).Mode);
    }

    [Fact(Timeout = 180_000)]
    public async Task Without_outputs_there_is_nothing_to_compare()
    {
        await using var place = new WarmPlace("print('plain')\n") { Mode = WarmMode.Auto };

        var choice = place.ChooseAsync(place.Start());
        Assert.Equal(WarmMode.Fork, (await choice.WaitAsync(TestContext.Current.CancellationToken)).Mode);
    }

    [Fact]
    public async Task Chunks_so_long_that_start_up_does_not_matter_are_not_done_twice()
    {
        var slow = new Fixed(new ProgramOutcome.Exited(0, new ProgramUsage(TimeSpan.FromMinutes(15), default, 0)));
        var never = new Fixed(new ProgramOutcome.RunnerLost("it was to be left alone"));
        var canary = new WarmStartTrial(slow, never, new WarmChoice(never, WarmMode.Fork, null), TimeSpan.FromSeconds(1.4));
        await using var place = new WarmPlace();

        await canary.RunAsync(place.Start(), CancellationToken.None);
        Assert.Equal(WarmMode.Off, canary.Choice.Mode);
        Assert.Equal("a chunk takes 900 s and 1.4 s of start-up are less than 1 % of that", canary.Choice.Reason);
    }

    private static WarmPlace Place(string lines) => new($"import os\nout = os.environ['DBATCH_OUT']\nprint('alone', {Alone})\n{lines}\n") { Mode = WarmMode.Auto, Outputs = true };

    private sealed class Fixed(ProgramOutcome outcome) : IProgramRunner
    {
        public Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop) => Task.FromResult(outcome);
    }
}
