using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Run;

/// <summary><c>dbatch run --isolation cgroup</c>, as its users see it.</summary>
[Trait(ControlGroups.Need, ControlGroups.Cgroup)]
public sealed class IsolationSpecs : IDisposable
{
    // The group of an attempt, as the attempt itself sees it, and a child that hides from everything else.
    private const string Job = """
        sleep 0.05
        sed -n 's/^0:://p' /proc/self/cgroup > "group.$DBATCH_CHUNK"
        (setsid env -i sh -c 'echo $$ > "$0"; exec sleep 600' "pid.$DBATCH_CHUNK" < /dev/null > /dev/null 2>&1 &)
        while [ ! -s "pid.$DBATCH_CHUNK" ]; do sleep 0.01; done
        """;

    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Every_attempt_has_its_own_control_group_which_is_removed()
    {
        var ended = await box.DbatchAsync("run", "--total", "6", "--slots", "2", "--isolation", "cgroup", "--", box.Script("job", Job));

        Assert.True(ended.ExitCode == 0, ended.ToString());
        var groups = Enumerable.Range(0, 6).Select(index => box.Read($"group.{index}").Trim()).ToList();
        Assert.Equal(6, groups.Distinct().Count());
        Assert.All(groups, group => Assert.Contains("/dbatch-", group, StringComparison.Ordinal));
        await Eventually.HoldsAsync(
            "the hidden processes are gone", () => Enumerable.Range(0, 6).All(index => !ProcessKiller.IsAlive(int.Parse(box.Read($"pid.{index}"), null))), TestContext.Current.CancellationToken);
        Assert.All(ControlGroups.Mounts, mount => Assert.False(Directory.Exists(mount + Path.GetDirectoryName(groups[0]))));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_second_interrupt_leaves_neither_processes_nor_control_groups()
    {
        var started = box.Start("run", "--total", "1", "--isolation", "cgroup", "--", box.Script("job", "trap '' TERM INT\n" + Job + "\nsleep 600\n"));
        await Eventually.HoldsAsync("the attempt has a hidden process", () => box.Lines("pid.0").Count == 1, TestContext.Current.CancellationToken);
        started.Signal(ProcessKiller.Sigint);
        await Eventually.HoldsAsync("it stops", () => started.ErrorLines.Any(line => line.Contains("Stopping", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        started.Signal(ProcessKiller.Sigint);

        Assert.Equal(130, (await started.End).ExitCode);
        var group = Path.GetDirectoryName(box.Read("group.0").Trim());
        await Eventually.HoldsAsync("the process is gone", () => !ProcessKiller.IsAlive(int.Parse(box.Read("pid.0"), null)), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("the group is gone", () => ControlGroups.Mounts.All(mount => !Directory.Exists(mount + group)), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_reports_the_possible_isolation()
    {
        var ended = await box.DbatchAsync("doctor", "--json");

        var finding = ended.Json.EnumerateArray().Single(one => one.GetProperty("about").GetString() == "isolation");
        Assert.StartsWith("--isolation cgroup contains attempts", finding.GetProperty("found").GetString(), StringComparison.Ordinal);
    }
}
