namespace DistributedBatch.Contracts.Api;

/// <summary>Seconds until a run is settled, as an honest range.</summary>
/// <param name="EarliestSeconds">If all goes well.</param>
/// <param name="LatestSeconds">If it does not.</param>
public sealed record EtaRange(double EarliestSeconds, double LatestSeconds);
