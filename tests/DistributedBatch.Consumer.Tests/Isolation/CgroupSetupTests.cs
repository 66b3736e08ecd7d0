using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Tests.Isolation;

/// <summary>Uses directories of files instead of real control groups, so that it runs everywhere.</summary>
public sealed class CgroupSetupTests : IDisposable
{
    private const string Mount = "25 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    private readonly TempDirectory root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void Where_version_2_is_not_mounted_it_is_refused_with_a_remedy()
    {
        root.Write("proc/self/cgroup", "4:memory:/\n");
        root.Write("proc/self/mountinfo", "");

        var refused = Assert.IsType<IsolationStart.Refused>(AttemptCgroups.Open(root.Path));
        Assert.StartsWith("--isolation cgroup: there is no control group of version 2 here. ", refused.Sentence, StringComparison.Ordinal);
        Assert.Contains("leave --isolation out", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_group_can_be_created_it_is_refused_with_directory_cause_and_remedy()
    {
        root.Write("proc/self/cgroup", "0::/locked\n");
        root.Write("proc/self/mountinfo", Mount);
        root.Write("sys/fs/cgroup/locked", "a file, in which nobody can make a directory");

        var refused = Assert.IsType<IsolationStart.Refused>(AttemptCgroups.Open(root.Path));
        Assert.Contains($"no group can be made in {root["sys", "fs", "cgroup", "locked"]} (Not a directory)", refused.Sentence, StringComparison.Ordinal);
        Assert.Contains("systemd-run --user --scope -p Delegate=yes dbatch", refused.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_processes_cannot_be_moved_it_is_refused_and_no_group_is_left()
    {
        root.Write("proc/self/cgroup", "0::/box\n");
        root.Write("proc/self/mountinfo", Mount);
        root.Write("sys/fs/cgroup/box/cgroup.procs", "");

        // A directory that is no control group has no cgroup.procs file.
        var refused = Assert.IsType<IsolationStart.Refused>(AttemptCgroups.Open(root.Path));
        Assert.Contains("processes cannot be moved between groups", refused.Sentence, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(root["sys", "fs", "cgroup", "box"]));
    }

    [Fact]
    public void A_group_with_the_memory_controller_is_limited_and_gives_its_figures()
    {
        Directory.CreateDirectory(root["dbatch-1"]);
        var groups = new AttemptCgroups(root["dbatch-1"], CgroupLock.TryShared(root["dbatch-1"])!, withoutMemory: null);
        var group = new AttemptCgroup(groups, root["dbatch-1", "7.1"], hasMemory: true);
        foreach (var (file, text) in new[]
                 {
                     ("cpu.stat", "usage_usec 1500000\nuser_usec 1\n"), ("memory.peak", "4000000\n"), ("memory.stat", "anon 0\nfile 1000000\nshmem 0\n"),
                     ("memory.events", "oom 1\noom_kill 1\n"), ("io.stat", "8:0 rbytes=5 wbytes=6\n"), ("cgroup.events", "populated 0\nfrozen 0\n"),
                     ("memory.max", ""), ("memory.oom.group", ""), ("memory.swap.max", ""), ("cgroup.kill", ""),
                 })
            root.Write($"dbatch-1/7.1/{file}", text);

        Assert.Equal(0, group.Limit(4_000_000));
        Assert.Equal("4000000", File.ReadAllText(root["dbatch-1", "7.1", "memory.max"]));
        Assert.Equal("1", File.ReadAllText(root["dbatch-1", "7.1", "memory.oom.group"]));
        Assert.Equal("0", File.ReadAllText(root["dbatch-1", "7.1", "memory.swap.max"]));
        Assert.Equal(new CgroupExit(false, 1_500_000, 3_000_000, 5, 6, OutOfMemory: true), group.End());
    }

    [Fact]
    public void A_group_without_the_memory_controller_is_not_limited()
    {
        Directory.CreateDirectory(root["dbatch-1"]);
        var groups = new AttemptCgroups(root["dbatch-1"], CgroupLock.TryShared(root["dbatch-1"])!, withoutMemory: "it is not there");
        var group = new AttemptCgroup(groups, root["dbatch-1", "7.1"], hasMemory: false);
        root.Write("dbatch-1/7.1/cpu.stat", "usage_usec 3\n");

        Assert.Equal(0, group.Limit(4_000_000));
        Assert.False(File.Exists(root["dbatch-1", "7.1", "memory.max"]));
        Assert.Equal(new CgroupExit(false, 3, 0, 0, 0, OutOfMemory: null), group.End());
    }

    [Fact]
    public void Groups_of_dead_consumers_are_removed_and_locked_groups_stay()
    {
        foreach (var group in (string[])["dbatch-11/1.1", "dbatch-11-self", "dbatch-12/1.1", "somebody-else"])
            Directory.CreateDirectory(root[group]);
        using var hold = CgroupLock.TryShared(root["dbatch-12"]);

        StaleCgroups.Remove(root.Path, TimeSpan.Zero);

        Assert.Equal(["dbatch-12", "somebody-else"], Directory.GetDirectories(root.Path).Select(Path.GetFileName).Order());
        Assert.True(Directory.Exists(root["dbatch-12", "1.1"]));
    }

    [Fact]
    public void A_shared_lock_becomes_exclusive_when_the_other_process_released_its_lock()
    {
        var consumer = CgroupLock.TryShared(root.Path)!;
        using var launcher = CgroupLock.TryShared(root.Path)!;

        Assert.Null(CgroupLock.TryExclusive(root.Path));
        Assert.False(launcher.TryMakeExclusive());
        consumer.Dispose();
        Assert.True(launcher.TryMakeExclusive());
    }
}
