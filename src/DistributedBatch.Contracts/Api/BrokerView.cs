using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Contracts.Api;

/// <summary>How the head stands with the broker, as <c>/api/broker</c> gives it.</summary>
/// <param name="State"><c>connected</c>; <c>blocked</c> while the broker is short of memory or disk and takes no messages; <c>away</c>; <c>refused</c>.</param>
/// <param name="Version">The broker's version; null before the first connection.</param>
/// <param name="LastTrouble">What is wrong, or was the last time; null for never.</param>
public sealed record BrokerView(string State, string? Version, BrokerTrouble? LastTrouble);
