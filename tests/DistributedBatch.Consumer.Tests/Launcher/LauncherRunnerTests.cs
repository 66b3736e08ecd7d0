using System.Diagnostics;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Tests.Processes;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Launcher;

/// <summary>The common conformance, and what only the launcher does.</summary>
public sealed class LauncherRunnerTests : ProgramRunnerConformance
{
    // A classic daemon: a child that leaves the session and whose parent ends.
    // It writes its file when its parent has ended, because before that it is no orphan.
    private const string Daemon = "/usr/bin/python3 -c \"import os,time\nif os.fork(): os._exit(0)\nos.setsid()\nparent = os.getpid()\nif os.fork(): os._exit(0)\n"
        + "while os.getppid() == parent: time.sleep(0.001)\n"
        + "open('daemon','w').write(str(os.getpid())+chr(10))\ntime.sleep(600)\"";

    private readonly LauncherRunner launcher = new(Programs.Launcher, TimeProvider.System, NullLogger<LauncherRunner>.Instance);

    protected override IProgramRunner Runner => launcher;

    public override async ValueTask DisposeAsync()
    {
        await launcher.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Time_and_memory_are_measured()
    {
        var outcome = await Runner.RunAsync(Start("/usr/bin/python3", "-c", "import time\nb = bytearray(80 << 20)\nt = time.process_time()\nwhile time.process_time() - t < 0.1: pass"), TestContext.Current.CancellationToken);
        Assert.InRange(outcome.Usage.CpuTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(20));
        Assert.InRange(outcome.Usage.PeakMemoryBytes, 80L << 20, 400L << 20);
        Assert.True(outcome.Usage.Duration >= TimeSpan.FromMilliseconds(100));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_daemon_that_left_group_session_and_parent_ends_with_its_attempt()
    {
        var outcome = await Runner.RunAsync(Shell(Daemon + "; while [ ! -s daemon ]; do sleep 0.01; done"), TestContext.Current.CancellationToken);
        Assert.IsType<ProgramOutcome.Exited>(outcome);
        Assert.True(outcome.Stragglers);
        await GoneAsync(await PidFromAsync("daemon"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_daemon_may_work_on_while_its_attempt_runs()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = Runner.RunAsync(Shell(Daemon + "; while [ ! -e go ]; do sleep 0.01; done"), stop.Token);
        var daemon = await PidFromAsync("daemon");

        // Long enough for several sweeps of the launcher, which nothing signals.
        await Runner.RunAsync(Start("sleep", "0.7") with { StdoutPath = Files["other"], Environment = Other() }, stop.Token);
        Assert.True(ProcessKiller.IsAlive(daemon));
        await stop.CancelAsync();
        Assert.IsType<ProgramOutcome.Stopped>(await running);
        await GoneAsync(daemon);
    }

    [Fact(Timeout = 60_000)]
    public async Task When_the_launcher_dies_its_programs_are_stopped_and_the_next_one_runs()
    {
        var running = Runner.RunAsync(Shell("sleep 600 & echo $! > child; wait"), TestContext.Current.CancellationToken);
        var child = await PidFromAsync("child");
        ProcessKiller.Kill(launcher.LauncherProcess);
        Assert.IsType<ProgramOutcome.KilledRunner>(await running);
        await GoneAsync(child);
        Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(Start("true"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_orphan_with_a_cleared_environment_is_killed_while_others_run()
    {
        var other = Runner.RunAsync(Shell("while [ ! -e go ]; do sleep 0.01; done") with { StdoutPath = Files["other"], StderrPath = Files["other"] }, TestContext.Current.CancellationToken);

        var outcome = await Runner.RunAsync(
            Shell("setsid env -i sh -c 'echo $$ > orphan; exec sleep 600' & while [ ! -s orphan ]; do sleep 0.01; done"), TestContext.Current.CancellationToken);

        await GoneAsync(await PidFromAsync("orphan"));
        Assert.True(outcome.Stragglers);
        Assert.False(other.IsCompleted);
        Files.Write("go", "");
        Assert.Equal(0, Assert.IsType<ProgramOutcome.Exited>(await other).Code);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pass")]
    [InlineData("raise RuntimeError('boom')")]
    [InlineData("os.kill(os.getpid(), 9)")]
    [InlineData("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")]
    public async Task Shared_memory_is_tidied_up_however_the_program_ends(string end)
    {
        var script = Files.Write("job.py", $"import os, signal, time\nfrom multiprocessing import shared_memory\ns = shared_memory.SharedMemory(create=True, size=1 << 20)\nprint(s.name, flush=True)\n{end}\n");

        await Runner.RunAsync(
            Start("/usr/bin/python3", script) with { Timeout = TimeSpan.FromSeconds(3), Grace = TimeSpan.FromSeconds(1) }, TestContext.Current.CancellationToken);

        var name = (await StdoutAsync()).Trim();
        Assert.NotEmpty(name);
        Assert.False(File.Exists($"/dev/shm/{name}"));
    }

    [Theory]
    [InlineData("python3\0-c\0from multiprocessing.resource_tracker import main;main(5)\0", true)]
    [InlineData("python\0-c\0from joblib.externals.loky.backend.resource_tracker import main; main(4, False)\0", true)]
    [InlineData("/usr/lib/python3/dist-packages/torch/bin/torch_shm_manager\0", true)]
    [InlineData("python3\0train.py\0resource_tracker\0", false)]
    [InlineData("", false)]
    public void Helpers_that_tidy_up_are_recognised_by_their_command_line(string command, bool expected) =>
        Assert.Equal(expected, TidyingHelper.IsCommand(System.Text.Encoding.UTF8.GetBytes(command)));

    [Fact(Timeout = 60_000)]
    public async Task A_program_whose_input_cannot_be_made_is_not_started()
    {
        await Runner.RunAsync(Start("true"), TestContext.Current.CancellationToken);
        using (var prlimit = Process.Start("prlimit", ["--pid", $"{launcher.LauncherProcess}", "--nofile=3:3"]))
            await prlimit.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(Start("true"), TestContext.Current.CancellationToken));
        var outcome = await Runner.RunAsync(Shell("cat > input") with { Stdin = "0,3000"u8.ToArray() }, TestContext.Current.CancellationToken);

        Assert.Contains("Too many open files", Assert.IsType<ProgramOutcome.NotStarted>(outcome).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Files["input"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Programs_get_the_limit_of_open_files_that_the_user_had()
    {
        var dbatch = new ProcessStartInfo("/bin/sh", ["-c", $"ulimit -Sn 512; cd {Files.Path}; {Programs.Dbatch} run --total 2 --slots 1 -- sh -c 'ulimit -Sn >> limit'; :"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(dbatch)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("512\n512\n", await File.ReadAllTextAsync(Files["limit"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Signals_are_as_a_shell_leaves_them()
    {
        // .NET ignores SIGPIPE. A program that inherits this does not end when its reader does.
        // The C library uses two real-time signals above 31 itself, and posix_spawn leaves them ignored.
        await Runner.RunAsync(Shell("grep -E 'SigIgn|SigBlk' /proc/self/status"), TestContext.Current.CancellationToken);
        var lines = await File.ReadAllLinesAsync(Files["stdout"], TestContext.Current.CancellationToken);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Equal(0UL, Convert.ToUInt64(line.Split('\t')[1], 16) & 0x7fff_ffff));
    }

    [Fact(Timeout = 60_000)]
    public async Task When_memory_runs_out_the_kernel_prefers_to_kill_programs()
    {
        await Runner.RunAsync(Shell("cat /proc/self/oom_score_adj"), TestContext.Current.CancellationToken);
        Assert.Equal("300\n", await File.ReadAllTextAsync(Files["stdout"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_script_without_interpreter_line_is_reported_as_such()
    {
        var script = Files.Write("script", "echo hello\n");
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        var refused = Assert.IsType<ProgramOutcome.NotStarted>(await Runner.RunAsync(Start(script), TestContext.Current.CancellationToken));
        Assert.Contains("#!/bin/sh", refused.Error, StringComparison.Ordinal);
        Files.Write("script", "#!/no/such/interpreter\n");
        refused = Assert.IsType<ProgramOutcome.NotStarted>(await Runner.RunAsync(Start(script), TestContext.Current.CancellationToken));
        Assert.Contains("/no/such/interpreter", refused.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Thousands_of_attempts_leave_no_zombie_and_no_descriptor()
    {
        await RunManyAsync(100);
        var (zombies, descriptors) = Held();
        await RunManyAsync(3000);
        await Eventually.HoldsAsync("nothing grew", () => Held().Zombies <= zombies && Held().Descriptors <= descriptors + 4, TestContext.Current.CancellationToken);
    }

    private async Task RunManyAsync(int count) => await Task.WhenAll(Enumerable.Range(0, 4).Select(slot => Task.Run(async () =>
    {
        var start = Start("/bin/true") with { StdoutPath = Files[$"{slot}.out"], StderrPath = Files[$"{slot}.err"] };
        for (var number = 0; number < count / 4; number++)
            Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(start, CancellationToken.None));
    })));

    private (int Zombies, int Descriptors) Held()
    {
        var children = ProcFs.Parents().Count(pair => pair.Parent == launcher.LauncherProcess);
        return (children, Directory.GetFiles($"/proc/{launcher.LauncherProcess}/fd").Length + Directory.GetFiles("/proc/self/fd").Length);
    }

    private Dictionary<string, string> Other() => new(Start().Environment) { ["DBATCH_CHUNK"] = "2" };
}
