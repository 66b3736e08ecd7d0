namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Fact from a host: chunks it had asked for ahead go back unseen, because the one before them takes long or the host stops, and it costs them nothing. Or another
/// host was lost with them, and the queue gave them to this one. The producer feeds them again. (The host may not put them back into the queue itself: it may not
/// publish chunks.)
/// </summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Chunks">The chunks.</param>
public sealed record ChunksReturned(string Host, IReadOnlyList<ReturnedChunk> Chunks) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
