namespace DistributedBatch.Consumer.Attempts;

/// <summary>This host, as its attempts and messages name it.</summary>
/// <param name="Name">Name of the host, unique in the lab.</param>
/// <param name="DataDirectory">Directory for outputs, logs and scratch.</param>
internal sealed record HostSettings(string Name, string DataDirectory);
