namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Event of a host: it returns chunks that it did not start. It had fetched them ahead and its slots are busy, or it stops. Or the broker had taken them back from another
/// host. The producer dispatches them again. (A host may not publish chunks itself.)
/// </summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Chunks">The chunks.</param>
public sealed record ChunksReturned(string Host, IReadOnlyList<ReturnedChunk> Chunks) : IVersioned, IHostMessage
{
    IEnumerable<string?> IHostMessage.Speakers => [Host];

    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
