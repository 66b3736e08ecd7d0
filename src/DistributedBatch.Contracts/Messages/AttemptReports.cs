namespace DistributedBatch.Contracts.Messages;

/// <summary>Event of a host: reports on its attempts since the last message. Reports travel in groups, because the cost is per message.</summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Reports">In the order they happened.</param>
public sealed record AttemptReports(string Host, IReadOnlyList<AttemptReport> Reports) : IVersioned, IHostMessage
{
    // Explicit, so that it is no part of the JSON.
    IEnumerable<string?> IHostMessage.Speakers => (Reports ?? []).Select(report => report?.Host).Prepend(Host);

    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
