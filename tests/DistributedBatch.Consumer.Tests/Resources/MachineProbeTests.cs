using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Consumer.Tests.Resources;

public sealed class MachineProbeTests : IDisposable
{
    private const string Meminfo = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    9000000 kB\nBuffers: 1 kB\n";

    private readonly string root = Directory.CreateTempSubdirectory("machine").FullName;
    private readonly SteppedTime time = new();
    private readonly MachineProbe probe;

    public MachineProbeTests()
    {
        probe = new MachineProbe(time, root);
        Write("proc/meminfo", Meminfo);
        Write("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1 1 1\n");
        Write("proc/pressure/memory", "some avg10=12.50 avg60=3.00 avg300=1.00 total=1\nfull avg10=1.00 avg60=0 avg300=0 total=1\n");
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Memory_and_pressure_are_what_the_kernel_says()
    {
        var reading = probe.Read();

        Assert.Equal(16_000_000L * 1024, reading.MemoryBytes);
        Assert.Equal(9_000_000L * 1024, reading.MemoryAvailableBytes);
        Assert.Equal(0.125, reading.MemoryPressure);
    }

    [Fact]
    public void Processor_use_covers_the_time_since_the_last_reading_and_waiting_for_a_disk_is_idle()
    {
        probe.Read();
        Write("proc/stat", "cpu  160 0 120 810 10 0 0 0 0 0\n");

        Assert.Equal(0.8, probe.Read().CpuBusy, precision: 3);
    }

    [Fact]
    public void A_container_has_the_memory_of_its_limit()
    {
        Write("sys/fs/cgroup/memory.max", "4294967296\n");
        Write("sys/fs/cgroup/memory.current", "3221225472\n");
        Write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 1073741824\nactive_file 3\n");

        var reading = probe.Read();

        Assert.Equal(4L << 30, reading.MemoryBytes);
        Assert.Equal(2L << 30, reading.MemoryAvailableBytes);
        Assert.Equal(2L << 30, probe.AvailableBytes());
    }

    [Fact]
    public void A_service_or_batch_job_has_the_tightest_limit_of_the_groups_around_it()
    {
        Write("proc/self/cgroup", "0::/lab.slice/job.scope\n");
        Write("sys/fs/cgroup/lab.slice/memory.max", "8589934592\n");
        Write("sys/fs/cgroup/lab.slice/memory.current", "7516192768\n");
        Write("sys/fs/cgroup/lab.slice/job.scope/memory.max", "4294967296\n");
        Write("sys/fs/cgroup/lab.slice/job.scope/memory.current", "1073741824\n");

        var reading = new MachineProbe(time, root).Read();

        Assert.Equal(4L << 30, reading.MemoryBytes);
        Assert.Equal(1L << 30, reading.MemoryAvailableBytes);
    }

    [Fact]
    public void Control_groups_of_version_1_are_read_too()
    {
        Write("proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "4294967296\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "3221225472\n");
        Write("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 1073741824\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        Write("sys/fs/cgroup/cpu/cpuacct.usage", "1000000000\n");
        var first = new MachineProbe(time, root);
        var reading = first.Read();
        time.Advance(TimeSpan.FromSeconds(2));
        Write("sys/fs/cgroup/cpu/cpuacct.usage", $"{1_000_000_000L + MachineProbe.Cores * 500_000_000L}\n");

        Assert.Equal(4L << 30, reading.MemoryBytes);
        Assert.Equal(2L << 30, reading.MemoryAvailableBytes);
        Assert.Equal(0.25, first.Read().CpuBusy, precision: 3);
        Assert.Equal(1.5, new CgroupLimits(root).QuotaCores());
    }

    [Fact]
    public void A_container_without_limits_has_the_memory_of_the_machine()
    {
        Write("sys/fs/cgroup/memory.max", "max\n");
        Write("sys/fs/cgroup/cpu.max", "max 100000\n");

        Assert.Equal(16_000_000L * 1024, probe.Read().MemoryBytes);
    }

    [Fact]
    public void A_limit_above_the_memory_of_the_machine_does_not_count()
    {
        Write("proc/self/cgroup", "4:memory:/docker/abc\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "9223372036854771711\n");
        var unlimited = new MachineProbe(time, root);

        Assert.Equal((16_000_000L * 1024, 9_000_000L * 1024), (unlimited.Read().MemoryBytes, unlimited.AvailableBytes()));
    }

    [Fact]
    public void A_container_with_a_quota_is_busy_by_its_own_use()
    {
        Write("sys/fs/cgroup/cpu.max", "200000 100000\n");
        Write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\nuser_usec 1\n");
        probe.Read();
        time.Advance(TimeSpan.FromSeconds(2));
        Write("sys/fs/cgroup/cpu.stat", $"usage_usec {1_000_000 + MachineProbe.Cores * 500_000}\nuser_usec 1\n");

        Assert.Equal(0.25, probe.Read().CpuBusy, precision: 3);
    }

    [Fact]
    public void A_system_without_proc_is_no_error()
    {
        Directory.Delete(Path.Combine(root, "proc"), recursive: true);

        Assert.Equal(0, probe.Read().MemoryAvailableBytes);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan step) => now += step.Ticks;
    }
}
