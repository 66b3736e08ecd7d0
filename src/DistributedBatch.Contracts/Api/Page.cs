namespace DistributedBatch.Contracts.Api;

/// <summary>Part of a long list, in key order.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The rows.</param>
/// <param name="Next">Key to ask for the following rows with; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
