namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// Who has which card. Free cards are given before shared ones, and memory that other people's programs hold is not given at all. Not thread-safe: one loop
/// owns it.
/// </summary>
/// <param name="reserveBytes">Memory that is left free on every card, for the driver and for what allocators round up. Default 512 MiB.</param>
public sealed class GpuLeases(long reserveBytes = 512L << 20)
{
    // An attempt whose need is not known is not put on a card of which other people hold more than this; what a desktop takes stays well below.
    private const double MostForOthers = 0.5;

    // Small enough for any number of them, large enough that nobody takes the card as a whole beside them.
    private const double ShareOfSharer = 1.0 / 64;

    private readonly Dictionary<int, long> others = [];
    private readonly Dictionary<int, GpuCard> cards = [];
    private readonly List<GpuLease> leases = [];

    /// <summary>The cards that are there now.</summary>
    public IEnumerable<GpuCard> Cards => cards.Values;

    /// <summary>How many attempts lease card <paramref name="index"/>.</summary>
    public int AttemptsOn(int index) => leases.Count(lease => lease.Indices.Contains(index));

    /// <summary>Takes in the driver's latest word. A card that vanished is not given again; its leases end when their attempts do.</summary>
    /// <param name="seen">The cards.</param>
    /// <param name="ours">What our attempts hold of each card, where the driver tells; null where it does not.</param>
    public void Update(IEnumerable<GpuCard> seen, IReadOnlyDictionary<int, long>? ours = null)
    {
        cards.Clear();
        foreach (var card in seen)
        {
            cards[card.Index] = card;

            // Without the driver's help, what was held before our first attempt came is others', and the rest ours.
            others[card.Index] = ours is not null
                ? Math.Max(0, card.MemoryUsedBytes - ours.GetValueOrDefault(card.Index))
                : AttemptsOn(card.Index) == 0 ? card.MemoryUsedBytes : Math.Min(others.GetValueOrDefault(card.Index), card.MemoryUsedBytes);
        }
    }

    /// <summary>Memory of a card that other people's programs hold.</summary>
    public long OthersOn(int index) => others.GetValueOrDefault(index);

    /// <summary>Memory of the smallest card that attempts can have, other people's and the reserve left out; 0 without a card.</summary>
    public long SmallestRoom => cards.Count == 0 ? 0 : Math.Max(0, cards.Values.Min(card => card.MemoryBytes - reserveBytes - OthersOn(card.Index)));

    /// <summary>Leases what <paramref name="request"/> asks for; null when that is not free now.</summary>
    public GpuLease? Take(GpuRequest request)
    {
        var share = request.Shares ? ShareOfSharer : request.IsFraction ? request.Cards : 1;
        var wanted = request.IsFraction ? 1 : (int)Math.Ceiling(request.Cards);
        var memory = request.MemoryBytes ?? 0;
        var chosen = cards.Values
            .Where(card => ShareLeft(card) + 1e-9 >= share && MemoryLeft(card) >= memory && IsOpenTo(card, request))
            .OrderByDescending(card => request.Preferred?.Contains(card.Index) == true)
            .ThenBy(card => AttemptsOn(card.Index))
            .ThenByDescending(MemoryLeft)
            .ThenBy(card => card.Index)
            .Take(wanted)
            .Select(card => card.Index)
            .Order()
            .ToList();
        if (chosen.Count < wanted)
            return null;

        var lease = new GpuLease(chosen, share, memory, request.Shares) { Maker = cards[chosen[0]].Maker };
        leases.Add(lease);
        foreach (var neighbour in leases.Where(held => held.Indices.Intersect(chosen).Any()))
            neighbour.Together = Math.Max(neighbour.Together, neighbour.Indices.Max(AttemptsOn));
        return lease;
    }

    /// <summary>Ends <paramref name="lease"/>; ending it twice does nothing.</summary>
    public void Return(GpuLease lease) => leases.Remove(lease);

    /// <summary>Whether the host could ever serve <paramref name="request"/>, were all its cards idle.</summary>
    public bool CouldServe(GpuRequest request) =>
        cards.Values.Count(card => card.MemoryBytes - reserveBytes >= (request.MemoryBytes ?? 0)) >= Math.Max(1, Math.Ceiling(request.Cards));

    private double ShareLeft(GpuCard card) => 1 - LeasesOn(card).Sum(lease => lease.Share);

    private bool IsOpenTo(GpuCard card, GpuRequest request)
    {
        if (request.MemoryBytes is null && OthersOn(card.Index) > MostForOthers * card.MemoryBytes)
            return false;
        var there = AttemptsOn(card.Index);
        return !request.Shares || there == 0 || (request.MemoryBytes is not null && there < request.Together && LeasesOn(card).All(lease => lease.Shares));
    }

    // What our attempts were promised counts in full, whether or not they have allocated it yet, and so does what they took beyond it.
    private long MemoryLeft(GpuCard card) =>
        card.MemoryBytes - reserveBytes - Math.Max(card.MemoryUsedBytes, OthersOn(card.Index) + LeasesOn(card).Sum(lease => lease.MemoryBytes));

    private IEnumerable<GpuLease> LeasesOn(GpuCard card) => leases.Where(lease => lease.Indices.Contains(card.Index));
}
