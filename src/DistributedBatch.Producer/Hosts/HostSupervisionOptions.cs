namespace DistributedBatch.Producer.Hosts;

/// <summary>When hosts and chunks count as lost, and how long a failing host takes no chunks.</summary>
public sealed class HostSupervisionOptions
{
    /// <summary>
    /// A host without heartbeat or report for this long is lost, and the chunks it had leased are dispatched again. Default 30 s, several heartbeats.
    /// Too low: a busy network runs chunks twice. Too high: chunks of a dead host wait.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A queued chunk is lost when hosts of its class had free slots for this long and did not take it: then no queue has it (a broker lost its disk,
    /// say). It is dispatched again. Default 20 s. Too low: a slow broker runs chunks twice.
    /// </summary>
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a host takes no chunks after chunks failed on it that succeed elsewhere. Default 2 min; each time without a success in between it
    /// doubles, up to an hour. Too low: a broken host spends attempts. Too high: a mended one idles.
    /// </summary>
    public TimeSpan Hold { get; set; } = TimeSpan.FromMinutes(2);
}
