using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Tests.Warm;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Isolation;

/// <summary>Warm Python with control groups: a fork enters its group before the script starts; a kept interpreter has one group for its life.</summary>
[Trait(ControlGroups.Need, ControlGroups.Cgroup)]
public sealed class CgroupWarmTests : IDisposable
{
    // Reads the group in the first line, because a fork must be in its group from the start.
    private const string Hide = """
        import os, time
        own = open('/proc/self/cgroup').read().split('0::')[1].strip()
        def hide():
            back, there = os.pipe()
            if os.fork() == 0:
                os.setsid()
                parent = os.getpid()
                if os.fork(): os._exit(0)
                while os.getppid() == parent: time.sleep(0.001)
                os.write(there, b'%d' % os.getpid())
                os.closerange(0, 256)
                os.execve('/bin/sleep', ['sleep', '600'], {})
            return int(os.read(back, 99))

        """;

    private readonly AttemptCgroups groups = CgroupRunnerTests.OpenGroups();

    public void Dispose() => groups.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task A_fork_has_a_control_group_of_its_own_and_its_hidden_processes_end_with_it()
    {
        await using var fixture = new WarmFixture(Hide + "print(own)\nprint(hide())\n", groups: groups);

        var first = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        var second = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);

        Assert.Equal("exit 0", first.How);
        Assert.StartsWith(Path.GetFileName(groups.Path), first.Stdout.Split('\n')[0].Split('/')[^2], StringComparison.Ordinal);
        Assert.NotEqual(first.Stdout.Split('\n')[0], second.Stdout.Split('\n')[0]);
        foreach (var ending in (ProgramResult[])[first, second])
            await GoneAsync(int.Parse(ending.Stdout.Split('\n')[1], null));
        await Eventually.HoldsAsync("the groups are gone", () => EmptyAfterALook(), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_fork_that_times_out_ends_with_its_hidden_processes()
    {
        await using var fixture = new WarmFixture(Hide + "print(hide(), flush=True)\ntime.sleep(600)\n", groups: groups);
        var start = fixture.Start();
        var ending = await fixture.RunAsync(start with { Timeout = TimeSpan.FromSeconds(2), Grace = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken);

        Assert.Equal("TimedOut", ending.How);
        await GoneAsync(int.Parse(ending.Stdout, null));
    }

    [Fact(Timeout = 180_000)]
    public async Task Time_of_a_child_that_a_fork_did_not_wait_for_counts()
    {
        await using var fixture = new WarmFixture("""
            import os, time
            back, there = os.pipe()
            if os.fork() == 0:
                while time.process_time() < 0.5: pass
                os.write(there, b'x')
                time.sleep(600)
            os.read(back, 1)
            """, groups: groups);
        var start = fixture.Start();
        var choice = await fixture.ChooseAsync(start);
        var outcome = await choice.Runner.RunAsync(start, TestContext.Current.CancellationToken);

        Assert.True(outcome.Usage.CpuTime >= TimeSpan.FromMilliseconds(450), $"only {outcome.Usage.CpuTime.TotalMilliseconds} ms");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_kept_interpreter_has_one_control_group_and_leaves_nothing_when_it_ends()
    {
        int hidden;
        await using (var fixture = new WarmFixture(Hide + "pid = hide()\ndef process(start, count):\n    print(own, pid)\n", groups: groups) { Mode = WarmMode.Keep })
        {
            var first = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
            var second = await fixture.RunAsync(fixture.Start(start: 1), TestContext.Current.CancellationToken);
            Assert.Equal(("exit 0", first.Stdout), (second.How, second.Stdout));
            Assert.Contains(Path.GetFileName(groups.Path), first.Stdout, StringComparison.Ordinal);
            hidden = int.Parse(first.Stdout.Split(' ')[1], null);
            Assert.True(ProcessKiller.IsAlive(hidden));
        }

        await GoneAsync(hidden);
        await Eventually.HoldsAsync("its group is gone", () => EmptyAfterALook(), TestContext.Current.CancellationToken);
    }

    private static Task GoneAsync(int process) => Eventually.HoldsAsync($"process {process} is gone", () => !ProcessKiller.IsAlive(process), TestContext.Current.CancellationToken);

    private bool EmptyAfterALook()
    {
        groups.RemoveLeftovers();
        return ControlGroups.Below(groups.Path).Count == 0;
    }
}
