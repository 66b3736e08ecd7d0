namespace DistributedBatch.Consumer.Slots;

/// <summary>What a host got done since its start.</summary>
/// <param name="BusyTime">Time of all slots in which an attempt ran.</param>
/// <param name="Chunks">Attempts that ended.</param>
/// <param name="Items">Items of those that succeeded.</param>
/// <param name="AttemptTime">How long the attempts that ended took, together.</param>
/// <param name="CpuTime">Processor time they used, together.</param>
internal readonly record struct WorkTotals(TimeSpan BusyTime, long Chunks, long Items, TimeSpan AttemptTime, TimeSpan CpuTime);
