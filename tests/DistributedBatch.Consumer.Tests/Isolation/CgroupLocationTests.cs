using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Tests.Isolation;

public sealed class CgroupLocationTests
{
    private const string Unified = "25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    [Fact]
    public void The_group_is_below_the_mount_point_of_version_2()
    {
        Assert.Equal("/sys/fs/cgroup/user.slice/app.scope", CgroupLocation.Find("0::/user.slice/app.scope\n", Unified));
        Assert.Equal("/sys/fs/cgroup", CgroupLocation.Find("0::/\n", Unified));
    }

    [Fact]
    public void A_machine_with_both_versions_has_the_group_where_version_2_is_mounted()
    {
        const string Mounts = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

        Assert.Equal("/sys/fs/cgroup/unified/box", CgroupLocation.Find("4:memory:/other\n0::/box\n", Mounts));
    }

    [Fact]
    public void A_container_that_mounts_a_part_finds_its_group_below_it()
    {
        const string Part = "25 1 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";

        Assert.Equal("/sys/fs/cgroup", CgroupLocation.Find("0::/docker/abc\n", Part));
        Assert.Equal("/sys/fs/cgroup/job", CgroupLocation.Find("0::/docker/abc/job\n", Part));
        Assert.Null(CgroupLocation.Find("0::/docker/abcdef\n", Part));
    }

    [Fact]
    public void Without_version_2_there_is_no_group()
    {
        Assert.Null(CgroupLocation.Find("4:memory:/a\n", Unified));
        Assert.Null(CgroupLocation.Find("0::/a\n", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"));
        Assert.Null(CgroupLocation.Find("", ""));
    }

    [Fact]
    public void A_mount_point_may_have_a_space() =>
        Assert.Equal("/mnt/c g/box", CgroupLocation.Find("0::/box\n", "25 1 0:22 / /mnt/c\\040g rw - cgroup2 cgroup2 rw\n"));
}
