using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>With <c>--warm auto</c>, a run is forked only after its first chunk printed and left the same in both ways.</summary>
public sealed class WarmStartTrialTests
{
    // True in a process of its own: a fork has the command line of the preloaded interpreter.
    private const string Alone = "b'dbatch-zygote' not in open('/proc/self/cmdline', 'rb').read()";

    [Fact(Timeout = 180_000)]
    public async Task The_same_outputs_let_the_next_chunks_be_forked()
    {
        await using var fixture = Fixture("open(out + '/a.csv', 'w').write(out)\nopen(os.environ['DBATCH_RESULT'], 'w').write('[1]')\n");

        var first = fixture.Start();
        Assert.Equal(WarmMode.Off, (await fixture.ChooseAsync(first)).Mode);
        Assert.Equal(new ProgramResult("exit 0", "hello\n", ""), await fixture.RunAsync(first, TestContext.Current.CancellationToken));
        Assert.Equal([Path.Combine(fixture.Directory, "out", "a.csv")], Directory.GetFileSystemEntries(fixture.Directory, "*.csv", SearchOption.AllDirectories));
        Assert.Equal("[1]", File.ReadAllText(first.Environment["DBATCH_RESULT"]));
        Assert.Empty(Directory.GetFileSystemEntries(fixture.Directory, "*.aside", SearchOption.AllDirectories));

        var choice = await fixture.ChooseAsync(fixture.Start());
        Assert.Equal((WarmMode.Fork, null), (choice.Mode, choice.Reason));
        Assert.Equal("hello\n", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout);
        Assert.Equal((1, 1L), (fixture.Cold.Runs, fixture.Warm.Summary(fixture.Run)!.Starts));
    }

    [Theory(Timeout = 180_000)]
    [InlineData($"open(out + '/sub.csv', 'w').write(str({Alone}))", "'sub.csv' differs")]
    [InlineData($"if {Alone}: open(out + '/extra', 'w')", "only one way left 'extra'")]
    [InlineData($"open(os.environ['DBATCH_RESULT'], 'w').write('1' if {Alone} else '2')", "the results differ")]
    [InlineData($"if {Alone}: open(os.environ['DBATCH_RESULT'], 'w').write('1')", "the results differ")]
    [InlineData($"if not {Alone}: raise SystemExit(3)", "it ended with exit code 3 as a fork")]
    [InlineData($"if not {Alone}: os.abort()", "it was ended by signal 6")]
    [InlineData($"print({Alone})", "line 2 of its standard output differs")]
    [InlineData($"import sys; sys.stderr.write(str({Alone}))", "line 1 of its standard error differs")]
    [InlineData($"print('took', 1 + ({Alone}), 's')", "times in its standard output differ")]
    [InlineData($"os.mkdir(out + '/sub', 0o755 if {Alone} else 0o700)", "'sub' differs")]
    [InlineData($"os.symlink('a' if {Alone} else 'b', out + '/link')", "'link' differs")]
    [InlineData($"os.mkfifo(out + '/pipe', 0o600 if {Alone} else 0o666)", "'pipe' differs")]
    public async Task A_difference_is_named_and_each_chunk_gets_a_process(string line, string difference)
    {
        await using var fixture = Fixture(line);

        var first = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 0", first.How);
        var choice = await fixture.ChooseAsync(fixture.Start());
        Assert.Equal(WarmMode.Off, choice.Mode);
        Assert.Contains(difference, choice.Reason, StringComparison.Ordinal);
        ClearOutputs(fixture);
        Assert.Equal(first, await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken));
        Assert.Equal(choice.Reason, fixture.Warm.Summary(fixture.Run)!.Reason);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chunk_that_fails_decides_nothing()
    {
        await using var fixture = Fixture("if not os.path.exists('ready'): raise SystemExit(1)\n");

        Assert.Equal("exit 1", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).How);
        Assert.Equal(WarmMode.Off, (await fixture.ChooseAsync(fixture.Start())).Mode);
        fixture.Write("ready", "");
        Assert.Equal("exit 0", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).How);
        Assert.Equal(WarmMode.Fork, (await fixture.ChooseAsync(fixture.Start())).Mode);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_run_without_an_output_directory_is_compared_too()
    {
        await using var fixture = new WarmFixture($"print({Alone})\n") { Mode = WarmMode.Auto };

        Assert.Equal("True\n", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout);
        Assert.Contains("line 1 of its standard output differs", (await fixture.ChooseAsync(fixture.Start())).Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chunk_that_removes_its_output_directory_leaves_what_its_process_left()
    {
        await using var fixture = Fixture("import shutil\nshutil.rmtree(out)\n");

        Assert.Equal("exit 0", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).How);
        Assert.Empty(Directory.GetFileSystemEntries(fixture.Directory, "out*"));
        Assert.Equal(WarmMode.Fork, (await fixture.ChooseAsync(fixture.Start())).Mode);
    }

    [Fact]
    public async Task Chunks_that_take_much_longer_than_start_up_are_not_run_twice()
    {
        var slow = new Fixed(new ProgramOutcome.Exited(0, new ProgramUsage(TimeSpan.FromMinutes(15), default, 0)));
        var never = new Fixed(new ProgramOutcome.RunnerLost("it must not run"));
        var trial = new WarmStartTrial(slow, never, new RunnerChoice(never, WarmMode.Fork, null), TimeSpan.FromSeconds(1.4));
        await using var fixture = new WarmFixture();

        await trial.RunAsync(fixture.Start(), CancellationToken.None);
        Assert.Equal(WarmMode.Off, trial.Choice.Mode);
        Assert.Equal("a chunk takes 900 s and 1.4 s of start-up are less than 1 % of that", trial.Choice.Reason);
    }

    private static void ClearOutputs(WarmFixture fixture) => Directory.Delete(Path.Combine(fixture.Directory, "out"), recursive: true);

    private static WarmFixture Fixture(string lines) => new($"import os\nout = os.environ['DBATCH_OUT']\nprint('hello')\n{lines}\n") { Mode = WarmMode.Auto, Outputs = true };

    private sealed class Fixed(ProgramOutcome outcome) : IProgramRunner
    {
        public Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop) => Task.FromResult(outcome);
    }
}
