namespace DistributedBatch.Consumer.Gpus;

/// <summary>What an attempt asks of the cards.</summary>
/// <param name="Cards">Whole cards (1, 2, …), or a fraction of one (0.5: two attempts share a card).</param>
/// <param name="MemoryBytes">Memory it may come to need on each card: learned from attempts that finished; null when nothing is known.</param>
public readonly record struct GpuRequest(double Cards, long? MemoryBytes = null)
{
    /// <summary>Whether a part of one card is enough.</summary>
    public bool IsFraction => Cards < 1;
}
