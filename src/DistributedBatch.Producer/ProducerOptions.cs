using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer;

/// <summary>Settings of the producer.</summary>
public sealed class ProducerOptions
{
    /// <summary>Directory of the ledger (<c>ledger.db</c> and its lock), created when missing. Default <c>.dbatch</c>.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>
    /// PostgreSQL database for the ledger, as a URL (<c>postgres://user:password@host/database</c>) or an Npgsql connection string. Null (default):
    /// SQLite in <see cref="DataDirectory"/>.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>
    /// Whether unfinished runs continue when the producer starts. True (default) for a service. False waits until <c>RunIntake.ChangeAsync</c>
    /// resumes a run, which is what <c>dbatch run</c> needs.
    /// </summary>
    public bool ResumeOnStart { get; set; } = true;

    /// <summary>
    /// What to do while another producer has the ledger. True (default): wait as its hot standby and take over when it ends. False: fail the start
    /// with an error.
    /// </summary>
    public bool Standby { get; set; } = true;

    /// <summary>
    /// How long the start waits while another producer receives from the same broker. After that it fails, because that producer has a ledger of its own. Default 40 s, more
    /// than two heartbeats of the broker. Too low: a producer that was started again after the loss of its machine fails.
    /// </summary>
    public TimeSpan OtherProducerTimeout { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>How many chunks are in flight.</summary>
    public DispatchOptions Dispatch { get; } = new();

    /// <summary>When hosts and chunks count as lost.</summary>
    public HostSupervisionOptions Hosts { get; } = new();

    /// <summary>What is asked of others when a stored run is restored.</summary>
    public RestoreOptions Restore { get; } = new();

    /// <summary>What to do while the ledger cannot be written.</summary>
    public CommitOptions Commit { get; } = new();
}
