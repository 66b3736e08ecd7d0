namespace DistributedBatch.Consumer.Tuning;

/// <summary>How many slots the host opens.</summary>
/// <param name="Slots">Number of slots; null lets the host find it by measuring.</param>
internal sealed record SlotOptions(int? Slots);
