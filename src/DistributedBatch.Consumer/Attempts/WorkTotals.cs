namespace DistributedBatch.Consumer.Attempts;

/// <summary>The work of a host since its start.</summary>
/// <param name="BusyTime">Time in which an attempt ran, summed over all slots.</param>
/// <param name="Chunks">Number of attempts that ended.</param>
/// <param name="Items">Number of items in the attempts that succeeded.</param>
/// <param name="AttemptTime">Summed duration of the attempts that ended.</param>
/// <param name="CpuTime">Summed processor time of the attempts that ended.</param>
internal readonly record struct WorkTotals(TimeSpan BusyTime, long Chunks, long Items, TimeSpan AttemptTime, TimeSpan CpuTime);
