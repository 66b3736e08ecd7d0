namespace DistributedBatch.Producer;

/// <summary>Settings of the producer.</summary>
public sealed class ProducerOptions
{
    /// <summary>Directory of the ledger (<c>ledger.db</c> and its lock), created when missing. Default <c>.dbatch</c>.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>
    /// PostgreSQL to keep the ledger in, as a URL (<c>postgres://user:password@host/database</c>) or an Npgsql connection string; null (default) keeps it in
    /// SQLite in <see cref="DataDirectory"/>.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>
    /// Chunks of one run that may be in the broker and running at once. Default 1000. Too low and fast chunks wait for the producer; higher than needed
    /// only makes a pause or a cancel hand back more chunks.
    /// </summary>
    public int Window { get; set; } = 1000;

    /// <summary>
    /// Whether the runs that are not settled go on when the producer starts. True (default) for a service; false leaves them as they are until
    /// <c>RunIntake.ChangeAsync</c> resumes one, which is what <c>dbatch run</c> wants.
    /// </summary>
    public bool ResumeOnStart { get; set; } = true;

    /// <summary>
    /// What happens while another producer has the ledger: true (default) waits as its hot standby and takes over when it ends; false fails the start with a
    /// sentence.
    /// </summary>
    public bool Standby { get; set; } = true;

    /// <summary>
    /// A host that was silent for this long is lost; the chunks it had leased are fed again. Default 30 s, several heartbeats. Too low and a busy
    /// network runs chunks twice; too high and chunks of a dead host wait.
    /// </summary>
    public TimeSpan HostTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A queued chunk is fed again when hosts of its class had free slots for this long without taking it, for then it is in no queue any more (a broker that
    /// lost its disk, say). Default 20 s. Too low and a slow broker runs chunks twice.
    /// </summary>
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a host takes no chunks after chunks failed on it that succeed elsewhere, before it is tried again. Default 2 min, doubling each time it was in
    /// vain, an hour at most. Too low and a broken host spends attempts; too high and a mended one idles.
    /// </summary>
    public TimeSpan HostHold { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long the producer keeps trying when the ledger cannot be written (a full disk, a database that restarts) before it gives up and stops the
    /// program. Null (default) tries for ever; meanwhile nothing is fed and no report is acknowledged, so nothing is lost.
    /// </summary>
    public TimeSpan? GiveUpAfter { get; set; }
}
