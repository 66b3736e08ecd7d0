namespace DistributedBatch.Consumer.Tuning;

/// <summary>How many slots to open, and why, in one line for <c>dbatch hosts</c> and the summary of a run.</summary>
/// <param name="Slots">Slots, at least 1.</param>
/// <param name="Reason">One line, no full stop.</param>
public readonly record struct SlotAdvice(int Slots, string Reason);
