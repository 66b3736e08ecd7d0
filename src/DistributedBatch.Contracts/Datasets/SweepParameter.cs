namespace DistributedBatch.Contracts.Datasets;

/// <summary>One parameter of a sweep.</summary>
/// <param name="Name">Its column name.</param>
/// <param name="Values">The values to try, in order.</param>
public sealed record SweepParameter(string Name, IReadOnlyList<string> Values);
