namespace DistributedBatch.Producer.Hosts;

/// <summary>A consumer of an older version sends messages without the name of its broker user, so they are refused.</summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Instance">The consumer, see <see cref="HostHeartbeat.Instance"/>.</param>
internal sealed record UnnamedHost(string Host, Guid Instance);
