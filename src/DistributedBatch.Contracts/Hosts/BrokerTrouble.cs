namespace DistributedBatch.Contracts.Hosts;

/// <summary>A time in which a process had no broker, or the broker took no messages from it.</summary>
/// <param name="Reason">What was wrong, such as <c>the broker takes no messages: low on memory</c>.</param>
/// <param name="Since">When it began, by the clock of that process.</param>
/// <param name="Until">When it was over; null while it lasts.</param>
public sealed record BrokerTrouble(string Reason, DateTimeOffset Since, DateTimeOffset? Until);
