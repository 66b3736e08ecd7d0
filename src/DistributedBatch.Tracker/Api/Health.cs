namespace DistributedBatch.Tracker.Api;

/// <summary>The answer of <c>/health</c>.</summary>
/// <param name="Status"><c>ok</c>.</param>
/// <param name="Version">Version of the program.</param>
public sealed record Health(string Status, string Version);
