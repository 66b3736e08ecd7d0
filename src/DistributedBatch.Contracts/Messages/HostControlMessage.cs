namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Message of the producer to all hosts about one host: it takes no chunks for a while, because chunks fail on it that succeed elsewhere, or it takes them again. The host
/// measures the time itself, so that the hold ends without a producer too.
/// </summary>
/// <param name="Host">Name of the host; the others ignore the message.</param>
/// <param name="OnHold">Why it takes no chunks, in one sentence; null when it takes them again.</param>
/// <param name="For">How long, from the arrival of the message; null when it takes them again.</param>
public sealed record HostControlMessage(string Host, string? OnHold, TimeSpan? For) : IVersioned
{
    /// <summary>The answer to a host that joins; null in a message about a hold. A message with an answer says nothing about holds.</summary>
    public HostAdmission? Admission { get; init; }

    /// <summary>See <see cref="Messages.Protocol.Version"/>.</summary>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
