namespace DistributedBatch.Tracker.Api;

/// <summary>The response of <c>/health</c>.</summary>
/// <param name="Status"><c>ok</c>.</param>
/// <param name="Version">The version of the program.</param>
public sealed record Health(string Status, string Version);
