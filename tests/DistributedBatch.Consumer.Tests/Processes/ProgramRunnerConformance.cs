using System.Collections;
using System.Text;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Processes;

/// <summary>What every runner of programs must do, tested with real programs.</summary>
public abstract class ProgramRunnerConformance : IAsyncDisposable
{
    protected TempDirectory Files { get; } = new();

    protected abstract IProgramRunner Runner { get; }

    private protected static CancellationToken Test => TestContext.Current.CancellationToken;

    public virtual ValueTask DisposeAsync()
    {
        Files.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected ProgramStart Start(params string[] command)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        environment["DBATCH_RUN"] = Path.GetFileName(Files.Path);
        environment["DBATCH_CHUNK"] = "1";
        environment["DBATCH_ATTEMPT"] = "1";
        return new ProgramStart
        {
            Command = command,
            Environment = environment,
            WorkingDirectory = Files.Path,
            StdoutPath = Files["stdout"],
            StderrPath = Files["stderr"],
            Grace = TimeSpan.FromSeconds(20),
            Slot = 0,
        };
    }

    protected ProgramStart Shell(string script) => Start("/bin/sh", "-c", script);

    protected Task<string> StdoutAsync() => File.ReadAllTextAsync(Files["stdout"], Test);

    protected async Task<int> PidFromAsync(string file)
    {
        await Eventually.HoldsAsync($"{file} has a process id", () => File.Exists(Files[file]) && File.ReadAllText(Files[file]).EndsWith('\n'), Test);
        return int.Parse((await File.ReadAllTextAsync(Files[file], Test)).Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }

    protected static Task GoneAsync(int process) =>
        Eventually.HoldsAsync($"process {process} is gone", () => !ProcessKiller.IsAlive(process), Test, TimeSpan.FromSeconds(5));

    [Fact(Timeout = 60_000)]
    public async Task The_outcome_has_the_exit_code()
    {
        Assert.Equal(0, Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(Start("true"), TestContext.Current.CancellationToken)).Code);
        Assert.Equal(3, Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(Shell("exit 3"), TestContext.Current.CancellationToken)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_outcome_has_the_signal()
    {
        var outcome = await Runner.RunAsync(Shell("kill -SEGV $$"), TestContext.Current.CancellationToken);
        Assert.Equal(11, Assert.IsType<ProgramOutcome.Signalled>(outcome).Signal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_goes_to_its_files_byte_for_byte_and_replaces_what_was_there()
    {
        await File.WriteAllTextAsync(Files["stdout"], "from an earlier attempt, which was longer", TestContext.Current.CancellationToken);
        await Runner.RunAsync(Shell("printf 'a\\000b\\377'; printf err >&2"), TestContext.Current.CancellationToken);
        Assert.Equal([(byte)'a', 0, (byte)'b', 255], await File.ReadAllBytesAsync(Files["stdout"], TestContext.Current.CancellationToken));
        Assert.Equal("err", await File.ReadAllTextAsync(Files["stderr"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Input_is_exactly_the_bytes_given_and_then_ends()
    {
        await Runner.RunAsync(Start("cat") with { Stdin = "0,3000"u8.ToArray() }, TestContext.Current.CancellationToken);
        Assert.Equal("0,3000", await StdoutAsync());
        await Runner.RunAsync(Start("cat"), TestContext.Current.CancellationToken);
        Assert.Equal("", await StdoutAsync());
        var large = Encoding.ASCII.GetBytes(new string('x', 300_000));
        await Runner.RunAsync(Start("cat") with { Stdin = large }, TestContext.Current.CancellationToken);
        Assert.Equal(large, await File.ReadAllBytesAsync(Files["stdout"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_environment_is_the_one_given_and_no_other()
    {
        await Runner.RunAsync(Start("env") with { Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["A"] = "1 2" } }, TestContext.Current.CancellationToken);
        Assert.Equal(["A=1 2", "PATH=/usr/bin:/bin"], (await File.ReadAllLinesAsync(Files["stdout"], TestContext.Current.CancellationToken)).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_attempt_ends_with_its_process_although_a_grandchild_keeps_its_output_open()
    {
        var outcome = await Runner.RunAsync(Shell("sleep 60 & echo $! > child; exit 0"), TestContext.Current.CancellationToken);
        Assert.Equal(0, Assert.IsType<ProgramOutcome.Exited>(outcome).Code);
        await GoneAsync(await PidFromAsync("child"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_attempt_goes_on_while_its_process_lives_although_it_closed_its_output()
    {
        var running = Runner.RunAsync(Shell("exec >&- 2>&-; echo $$ > pid; while [ ! -e go ]; do sleep 0.01; done; exit 4"), TestContext.Current.CancellationToken);
        await PidFromAsync("pid");
        Assert.False(running.IsCompleted);
        Files.Write("go", "");
        Assert.Equal(4, Assert.IsType<ProgramOutcome.Exited>(await running).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_runs_too_long_is_stopped_with_its_children()
    {
        var running = Runner.RunAsync(Shell("sleep 60 & echo $! > child; wait") with { Timeout = TimeSpan.FromMilliseconds(300) }, TestContext.Current.CancellationToken);
        var child = await PidFromAsync("child");
        Assert.IsType<ProgramOutcome.TimedOut>(await running);
        await GoneAsync(child);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopped_program_may_handle_SIGTERM()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = Runner.RunAsync(Shell("trap 'echo tidied > tidy; exit 0' TERM; echo $$ > pid; while :; do sleep 0.01; done"), stop.Token);
        await PidFromAsync("pid");
        await stop.CancelAsync();
        Assert.IsType<ProgramOutcome.Stopped>(await running);
        Assert.Equal("tidied\n", await File.ReadAllTextAsync(Files["tidy"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_ignores_SIGTERM_is_killed_after_the_grace_period()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var start = Shell("trap '' TERM; echo $$ > pid; while :; do sleep 0.01; done") with { Grace = TimeSpan.FromMilliseconds(200) };
        var running = Runner.RunAsync(start, stop.Token);
        var process = await PidFromAsync("pid");
        await stop.CancelAsync();
        Assert.IsType<ProgramOutcome.Stopped>(await running);
        await GoneAsync(process);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stop_before_the_start_starts_nothing()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.IsType<ProgramOutcome.Stopped>(await Runner.RunAsync(Shell("touch ran"), stop.Token));
        Assert.False(File.Exists(Files["ran"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_cannot_start_is_reported_with_a_remedy()
    {
        async Task<string> RefusedAsync(ProgramStart start) => Assert.IsType<ProgramOutcome.NotStarted>(await Runner.RunAsync(start, TestContext.Current.CancellationToken)).Error;
        Assert.Contains("Install it", await RefusedAsync(Start("no-such-program")), StringComparison.Ordinal);
        Assert.Contains("--cwd", await RefusedAsync(Start("true") with { WorkingDirectory = Files["nowhere"] }), StringComparison.Ordinal);
        Assert.Contains("is a directory", await RefusedAsync(Start(Files.Path)), StringComparison.Ordinal);
        var script = Files.Write("script", "#!/no/such/interpreter\n");
        Assert.Contains("chmod +x", await RefusedAsync(Start(script)), StringComparison.Ordinal);
    }
}
