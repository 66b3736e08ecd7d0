namespace DistributedBatch.Consumer.Tuning;

/// <summary>How many slots to open, and why; shown by <c>dbatch hosts</c> and in the summary of a run.</summary>
/// <param name="Slots">Number of slots, at least 1.</param>
/// <param name="Reason">One line without full stop.</param>
public readonly record struct SlotAdvice(int Slots, string Reason);
