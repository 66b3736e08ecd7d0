namespace DistributedBatch.Consumer.Slots;

/// <summary>When the chunk of a long attempt becomes a lease.</summary>
/// <param name="AckTimeout">How long the broker lets a delivery be unacknowledged; null never leases.</param>
internal sealed record LeaseOptions(TimeSpan? AckTimeout);
