namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Broadcast from the producer to all hosts about one of them: it takes no chunks for a while, because chunks fail on it that succeed elsewhere, or it takes
/// them again. The host counts the time itself, so that a producer that is gone holds nobody back for ever.
/// </summary>
/// <param name="Host">The host it is about; all others ignore it.</param>
/// <param name="OnHold">Why it takes no chunks, in one sentence; null when it takes them again.</param>
/// <param name="For">How long, from when it is heard; null when it takes them again.</param>
public sealed record HostControlMessage(string Host, string? OnHold, TimeSpan? For) : IVersioned
{
    /// <summary>See <see cref="Messages.Protocol.Version"/>.</summary>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
