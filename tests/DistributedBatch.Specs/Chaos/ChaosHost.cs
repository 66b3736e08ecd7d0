namespace DistributedBatch.Specs.Chaos;

/// <summary>A host that is killed and started again.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsFar">Whether its connections lead through the relay, so that they can be cut.</param>
/// <param name="Options">Options of <c>dbatch consumer</c>.</param>
internal sealed record ChaosHost(string Name, bool IsFar, params string[] Options);
