using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Tests.Isolation;

public sealed class CgroupUsageTests
{
    [Fact]
    public void The_page_cache_does_not_count_as_needed_memory()
    {
        Assert.Equal(1_000_000, CgroupUsage.PeakBytes("51000000\n", "anon 0\nfile 49500000\nshmem 0\nslab_reclaimable 500000\n"));
        Assert.Equal(51_000_000, CgroupUsage.PeakBytes("51000000\n", "anon 0\nfile 49500000\nshmem 49500000\n"));
        Assert.Equal(0, CgroupUsage.PeakBytes("1000\n", "file 5000\nshmem 0\n"));
    }

    [Fact]
    public void Figures_that_the_kernel_does_not_count_are_0_or_null()
    {
        Assert.Equal(0, CgroupUsage.PeakBytes(null, null));
        Assert.Null(CgroupUsage.OutOfMemory(null));
        Assert.Equal(0, CgroupUsage.Bytes(null, "rbytes"));
    }

    [Fact]
    public void Memory_ran_out_only_when_the_kernel_killed()
    {
        Assert.False(CgroupUsage.OutOfMemory("low 0\nhigh 0\nmax 17\noom 1\noom_kill 0\n"));
        Assert.True(CgroupUsage.OutOfMemory("low 0\nhigh 0\nmax 17\noom 1\noom_kill 2\noom_group_kill 1\n"));
    }

    [Fact]
    public void Bytes_of_all_disks_are_added_up()
    {
        const string Stat = "8:0 rbytes=1000 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n259:0 rbytes=500 wbytes=7 rios=1 wios=1 dbytes=0 dios=0\n";

        Assert.Equal(1500, CgroupUsage.Bytes(Stat, "rbytes"));
        Assert.Equal(27, CgroupUsage.Bytes(Stat, "wbytes"));
    }

    [Fact]
    public void The_larger_figure_of_program_and_group_counts()
    {
        var group = new CgroupExit(Stragglers: false, ProcessorMicroseconds: 5_000_000, PeakBytes: 100, ReadBytes: 1, WrittenBytes: 9, OutOfMemory: null);
        var usage = group.Merge(new ProgramUsage(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(1), PeakMemoryBytes: 300, ReadBytes: 4, WrittenBytes: 2));

        Assert.Equal(new ProgramUsage(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(5), 300, 4, 9), usage);
        var ending = new ChildExit(1, 0, 0, 9, 1_000_000, 300, 4, 2, Stragglers: true).Merge(group);
        Assert.Equal(new ChildExit(1, 0, 0, 9, 5_000_000, 300, 4, 9, Stragglers: true), ending);
    }

    [Fact]
    public void Controllers_are_enabled_only_together_with_memory()
    {
        Assert.Equal(["memory", "pids", "io", "cpu"], ControllerChoice.Of("cpuset cpu io memory hugetlb pids\n"));
        Assert.Equal(["memory"], ControllerChoice.Of("memory\n"));
        Assert.Empty(ControllerChoice.Of("cpu pids\n"));
        Assert.Empty(ControllerChoice.Of(null));
    }
}
