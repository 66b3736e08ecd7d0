namespace DistributedBatch.Specs.Chaos;

/// <summary>Something that goes wrong.</summary>
/// <param name="Name">What, as the second half of a sentence.</param>
/// <param name="InjectAsync">Lets it happen, and ends when it is over.</param>
internal sealed record Fault(string Name, Func<Task> InjectAsync);
