namespace DistributedBatch.Producer.Ledger;

/// <summary>What is known of a chunk between its dispatch and the end of its attempt.</summary>
internal sealed class InFlightChunk
{
    /// <summary>Attempt number it was dispatched with. A report of a smaller one belongs to an earlier dispatch.</summary>
    public required int FirstAttempt { get; init; }

    /// <summary>When it was dispatched, or when this producer took over.</summary>
    public required DateTimeOffset DispatchedAt { get; init; }

    /// <summary>Whether the queue has not confirmed it yet. The chunk stays pending until then: publish, then commit.</summary>
    public bool Publishing { get; set; }

    /// <summary>Host that reported its start; null before that.</summary>
    public string? Host { get; set; }

    /// <summary>Whether it lives by its host's heartbeats, because the delivery was acknowledged early.</summary>
    public bool Leased { get; set; }

    /// <summary>
    /// When it became known that the broker took back the delivery; null while it has not. Perhaps only a connection is lost and a host still runs the chunk, so
    /// heartbeats decide.
    /// </summary>
    public DateTimeOffset? DeliveryLostAt { get; set; }

    /// <summary>How many heartbeats of its host in a row did not name it.</summary>
    public int MissedHeartbeats { get; set; }
}
