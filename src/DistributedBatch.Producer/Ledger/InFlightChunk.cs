namespace DistributedBatch.Producer.Ledger;

/// <summary>What is known of a chunk between feeding and settling.</summary>
internal sealed class InFlightChunk
{
    /// <summary>Attempt number it was fed with. A report of a smaller one belongs to an earlier feed.</summary>
    public required int FirstAttempt { get; init; }

    /// <summary>When it was fed, or when this producer took over.</summary>
    public required DateTimeOffset FedAt { get; init; }

    /// <summary>Host that said it runs there; null while none did.</summary>
    public string? Host { get; set; }

    /// <summary>Whether the host's heartbeats keep it, because the delivery was acknowledged early.</summary>
    public bool Leased { get; set; }

    /// <summary>Heartbeats of its host in a row that did not name it.</summary>
    public int Unmentioned { get; set; }
}
