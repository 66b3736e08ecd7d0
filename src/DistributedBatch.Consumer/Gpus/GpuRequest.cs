namespace DistributedBatch.Consumer.Gpus;

/// <summary>What an attempt asks of the cards.</summary>
/// <param name="Cards">Whole cards (1, 2, …), or a fraction of one (0.5: two attempts share a card).</param>
/// <param name="MemoryBytes">Memory it may come to need on each card: learned from attempts that finished; null when nothing is known.</param>
/// <param name="Together">Attempts that may be on its card at once, itself included, when it shares the card with others of its kind; 0 when it does not.</param>
/// <param name="Preferred">Cards to take, by number, as long as they are free: those on which the slot's kept interpreter has its model. Null for none.</param>
public readonly record struct GpuRequest(double Cards, long? MemoryBytes = null, int Together = 0, IReadOnlyList<int>? Preferred = null)
{
    /// <summary>Whether a part of one card is enough.</summary>
    public bool IsFraction => Cards < 1;

    /// <summary>Whether it shares a card as far as memory allows.</summary>
    public bool Shares => Together > 0;
}
