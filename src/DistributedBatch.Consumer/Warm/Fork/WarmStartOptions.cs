namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>How warm interpreters are kept.</summary>
public sealed class WarmStartOptions
{
    /// <summary>Forks after which a zygote is replaced. Default 10,000. Too low: imports are done more often. Too high: leaks grow.</summary>
    public int ForksPerZygote { get; set; } = 10_000;

    /// <summary>How long a zygote may take to import. Default 5 min. When it takes longer, each chunk gets a process of its own.</summary>
    public TimeSpan StartLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without work after which an interpreter is ended. Default 5 min.</summary>
    public TimeSpan IdleLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Bytes by which a kept interpreter may grow after its first second of work. Beyond that it is replaced between two chunks. Default 2 GiB. Too
    /// low: scripts that cache on purpose are restarted. Too high: a leak fills the host's memory.
    /// </summary>
    public long KeepGrowthLimit { get; set; } = 2L << 30;
}
