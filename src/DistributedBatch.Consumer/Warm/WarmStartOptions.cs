namespace DistributedBatch.Consumer.Warm;

/// <summary>How warm interpreters are kept.</summary>
public sealed class WarmStartOptions
{
    /// <summary>Forks after which a zygote is replaced by a fresh one. Default 10,000. Lower pays for imports more often; higher lets leaks grow.</summary>
    public int ForksPerZygote { get; set; } = 10_000;

    /// <summary>How long a zygote may take to import. Default 5 minutes; when it takes longer, chunks get a process each.</summary>
    public TimeSpan StartLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without work after which an interpreter is ended and its memory given back. Default 5 minutes.</summary>
    public TimeSpan IdleLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Bytes a kept interpreter may grow beyond what it had after its first second of work; then it is replaced between two chunks. Default 2 GiB. Too
    /// low restarts scripts that cache on purpose; too high lets a leak take the host's memory.
    /// </summary>
    public long KeepGrowthLimit { get; set; } = 2L << 30;
}
