namespace DistributedBatch.Consumer.Gpus;

/// <summary>What an attempt needs of the cards.</summary>
/// <param name="Cards">Whole cards (1, 2, …), or a fraction of one (0.5: two attempts share a card).</param>
/// <param name="MemoryBytes">Memory it may need on each card, in bytes, learned from other attempts; null when unknown.</param>
/// <param name="MaxSharers">The most attempts that may share its card, itself included; 0 when it does not share.</param>
/// <param name="PreferredCards">Cards to use while they are free, because the slot's kept interpreter has its model there; null for no preference.</param>
public readonly record struct GpuRequest(double Cards, long? MemoryBytes = null, int MaxSharers = 0, IReadOnlyList<int>? PreferredCards = null)
{
    /// <summary>Whether it needs only a fraction of one card.</summary>
    public bool IsFraction => Cards < 1;

    /// <summary>Whether it shares a card, as far as memory allows.</summary>
    public bool IsShared => MaxSharers > 0;
}
