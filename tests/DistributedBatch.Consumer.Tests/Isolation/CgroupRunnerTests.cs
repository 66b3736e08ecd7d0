using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Tests.Processes;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Isolation;

/// <summary>The launcher with a control group per attempt: the common conformance, and what sessions alone cannot do.</summary>
[Trait(ControlGroups.Need, ControlGroups.Cgroup)]
public sealed class CgroupRunnerTests : ProgramRunnerConformance
{
    // Leaves group, session and parent, closes every descriptor and clears its environment, so that only its control group tells which attempt it belongs to.
    // When its parent has ended, it writes a file with its process id.
    private const string Hidden = """
        import os, sys, time
        time.sleep(0.05)
        if os.fork(): os._exit(0)
        os.setsid()
        parent = os.getpid()
        if os.fork(): os._exit(0)
        while os.getppid() == parent: time.sleep(0.001)
        os.closerange(0, 256)
        file = os.open(sys.argv[1] + '.part', os.O_WRONLY | os.O_CREAT)
        os.write(file, b'%d\n' % os.getpid())
        os.close(file)
        os.rename(sys.argv[1] + '.part', sys.argv[1])
        os.execve('/bin/sleep', ['sleep', '600'], {})
        """;

    private readonly AttemptCgroups groups = OpenGroups();
    private readonly LauncherRunner launcher;

    public CgroupRunnerTests() => launcher = new(Programs.Launcher, TimeProvider.System, NullLogger<LauncherRunner>.Instance, groups);

    protected override IProgramRunner Runner => launcher;

    public override async ValueTask DisposeAsync()
    {
        await launcher.DisposeAsync();
        groups.Dispose();
        Assert.True(ControlGroups.IsGone(groups.Path));
        await base.DisposeAsync();
    }

    /// <summary>Real control groups. The test fails with the reason when there are none, because a skipped test shows nothing.</summary>
    internal static AttemptCgroups OpenGroups()
    {
        var start = AttemptCgroups.Open();
        Assert.True(start is IsolationStart.Ready, (start as IsolationStart.Refused)?.Sentence);
        return ((IsolationStart.Ready)start).Groups;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hidden_process_ends_with_its_attempt_while_others_run_on()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var other = Runner.RunAsync(Shell("echo $$ > other; sleep 600") with { StdoutPath = Files["other.out"], StderrPath = Files["other.err"], Environment = Other() }, stop.Token);
        var neighbour = await PidFromAsync("other");

        var script = Files.Write("hidden.py", Hidden);
        var outcome = await Runner.RunAsync(Shell($"/usr/bin/python3 {script} hidden; while [ ! -e hidden ]; do sleep 0.01; done"), TestContext.Current.CancellationToken);

        Assert.Equal(0, Assert.IsType<ProgramOutcome.Exited>(outcome).Code);
        Assert.True(outcome.Stragglers);
        await GoneAsync(await PidFromAsync("hidden"));
        Assert.True(ProcessKiller.IsAlive(neighbour));
        await stop.CancelAsync();
        Assert.IsType<ProgramOutcome.Stopped>(await other);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hidden_process_ends_when_its_attempt_times_out()
    {
        var script = Files.Write("hidden.py", Hidden);
        var running = Runner.RunAsync(
            Shell($"trap '' TERM; /usr/bin/python3 {script} hidden; while :; do sleep 0.01; done") with { Timeout = TimeSpan.FromSeconds(3), Grace = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken);

        Assert.IsType<ProgramOutcome.TimedOut>(await running);
        await GoneAsync(await PidFromAsync("hidden"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Time_of_a_child_that_nobody_waited_for_counts()
    {
        const string Busy = "import time\nwhile time.process_time() < 0.5: pass\nopen('done', 'w').write('x')\n";
        var script = Files.Write("busy.py", Busy);
        var outcome = await Runner.RunAsync(Shell($"sleep 0.05; (setsid /usr/bin/python3 {script} &) ; while [ ! -s done ]; do sleep 0.01; done"), TestContext.Current.CancellationToken);

        Assert.True(outcome.Usage.CpuTime >= TimeSpan.FromMilliseconds(500), $"only {outcome.Usage.CpuTime.TotalMilliseconds} ms");
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_without_children_has_no_stragglers()
    {
        for (var number = 0; number < 50; number++)
            Assert.False((await Runner.RunAsync(Shell("sleep 0.01"), TestContext.Current.CancellationToken)).Stragglers);
    }

    [Fact(Timeout = 60_000)]
    public async Task When_the_launcher_dies_its_groups_are_ended_and_the_next_one_runs()
    {
        var script = Files.Write("hidden.py", Hidden);
        var running = Runner.RunAsync(Shell($"/usr/bin/python3 {script} hidden; wait; sleep 600"), TestContext.Current.CancellationToken);
        var hidden = await PidFromAsync("hidden");
        ProcessKiller.Kill(launcher.LauncherProcess);

        Assert.IsType<ProgramOutcome.KilledRunner>(await running);
        await GoneAsync(hidden);
        Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(Start("true"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task Many_attempts_leave_no_group()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(slot => Task.Run(async () =>
        {
            var start = Shell(slot == 0 ? "sleep 5 & exit 0" : "exit 0") with { StdoutPath = Files[$"{slot}.out"], StderrPath = Files[$"{slot}.err"] };
            for (var number = 0; number < 500; number++)
                Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(start, CancellationToken.None));
        })));

        await Eventually.HoldsAsync("every attempt's group is gone", () => ControlGroups.Below(groups.Path).Count == 0, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Control_groups_that_a_program_created_are_removed()
    {
        var script = Files.Write("divide.py", """
            import os, sys, time
            time.sleep(0.05)
            own = sys.argv[1] + '/' + os.path.basename(open('/proc/self/cgroup').read().split('0::')[1].strip())
            os.makedirs(own + '/inner/deep')
            if os.fork() == 0:
                os.setsid()
                with open(own + '/inner/deep/cgroup.procs', 'w') as door:
                    door.write('0')
                with open('inner', 'w') as file:
                    file.write('%d\n' % os.getpid())
                time.sleep(600)
            while not os.path.exists('inner') or not open('inner').read():
                time.sleep(0.01)
            """);
        Assert.Equal(0, Assert.IsType<ProgramOutcome.Exited>(await Runner.RunAsync(Start("/usr/bin/python3", script, groups.Path), TestContext.Current.CancellationToken)).Code);

        await GoneAsync(await PidFromAsync("inner"));
        await Eventually.HoldsAsync("the groups are gone", () => ControlGroups.Below(groups.Path).Count == 0, TestContext.Current.CancellationToken);
    }

    private Dictionary<string, string> Other() => new(Start().Environment) { ["DBATCH_CHUNK"] = "2" };
}
