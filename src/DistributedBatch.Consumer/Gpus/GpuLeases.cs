namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// Who has which card. Free cards are given before shared ones, and memory that other people's programs hold is not given at all. Not thread-safe: one loop
/// owns it.
/// </summary>
/// <param name="reserveBytes">Memory that is left free on every card, for the driver and for what allocators round up. Default 512 MiB.</param>
public sealed class GpuLeases(long reserveBytes = 512L << 20)
{
    private readonly Dictionary<int, GpuCard> cards = [];
    private readonly List<GpuLease> leases = [];

    /// <summary>The cards that are there now.</summary>
    public IEnumerable<GpuCard> Cards => cards.Values;

    /// <summary>How many attempts lease card <paramref name="index"/>.</summary>
    public int AttemptsOn(int index) => leases.Count(lease => lease.Indices.Contains(index));

    /// <summary>Takes in the driver's latest word. A card that vanished is not given again; its leases end when their attempts do.</summary>
    public void Update(IEnumerable<GpuCard> seen)
    {
        cards.Clear();
        foreach (var card in seen)
            cards[card.Index] = card;
    }

    /// <summary>Leases what <paramref name="request"/> asks for; null when that is not free now.</summary>
    public GpuLease? Take(GpuRequest request)
    {
        var share = request.IsFraction ? request.Cards : 1;
        var wanted = request.IsFraction ? 1 : (int)Math.Ceiling(request.Cards);
        var memory = request.MemoryBytes ?? 0;
        var chosen = cards.Values
            .Where(card => ShareLeft(card) + 1e-9 >= share && MemoryLeft(card) >= memory)
            .OrderBy(card => AttemptsOn(card.Index))
            .ThenByDescending(MemoryLeft)
            .ThenBy(card => card.Index)
            .Take(wanted)
            .Select(card => card.Index)
            .Order()
            .ToList();
        if (chosen.Count < wanted)
            return null;

        var lease = new GpuLease(chosen, share, memory);
        leases.Add(lease);
        return lease;
    }

    /// <summary>Ends <paramref name="lease"/>; ending it twice does nothing.</summary>
    public void Return(GpuLease lease) => leases.RemoveAll(held => ReferenceEquals(held, lease));

    /// <summary>Whether the host could ever serve <paramref name="request"/>, were all its cards idle.</summary>
    public bool CouldServe(GpuRequest request) =>
        cards.Values.Count(card => card.MemoryBytes - reserveBytes >= (request.MemoryBytes ?? 0)) >= Math.Max(1, Math.Ceiling(request.Cards));

    private double ShareLeft(GpuCard card) => 1 - LeasesOn(card).Sum(lease => lease.Share);

    // What our attempts were promised counts in full, whether or not they have allocated it yet; what the driver reports beyond that belongs to others.
    private long MemoryLeft(GpuCard card) =>
        card.MemoryBytes - reserveBytes - Math.Max(card.MemoryUsedBytes, LeasesOn(card).Sum(lease => lease.MemoryBytes));

    private IEnumerable<GpuLease> LeasesOn(GpuCard card) => leases.Where(lease => lease.Indices.Contains(card.Index));
}
