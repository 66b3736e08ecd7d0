namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// Which attempt has which card. Free cards are leased before shared ones. Memory that foreign programs hold, that is programs that dbatch did not
/// start, is never leased. Not thread-safe.
/// </summary>
/// <param name="reserveBytes">Bytes kept free on every card, for the driver and for allocators that round up. Default 512 MiB.</param>
public sealed class GpuLeases(long reserveBytes = 512L << 20)
{
    // An attempt whose need is unknown gets no card of which foreign programs hold more than this fraction. A desktop holds much less.
    private const double MaxForeignFraction = 0.5;

    // Small enough for any number of sharers, large enough that the card cannot be leased as a whole beside them.
    private const double FractionOfSharer = 1.0 / 64;

    private readonly Dictionary<int, long> foreignBytes = [];
    private readonly Dictionary<int, GpuCard> cards = [];
    private readonly List<GpuLease> leases = [];

    /// <summary>The cards of the host.</summary>
    public IEnumerable<GpuCard> Cards => cards.Values;

    /// <summary>How many attempts lease card <paramref name="index"/>.</summary>
    public int AttemptsOn(int index) => leases.Count(lease => lease.Indices.Contains(index));

    /// <summary>Sets the state of the cards. A card that vanished is not leased again; its leases end with their attempts.</summary>
    /// <param name="found">The cards, as the driver describes them now.</param>
    /// <param name="ownBytes">Bytes that our attempts hold, by card; null when the driver does not tell.</param>
    public void Update(IEnumerable<GpuCard> found, IReadOnlyDictionary<int, long>? ownBytes = null)
    {
        cards.Clear();
        foreach (var card in found)
        {
            cards[card.Index] = card;

            // When the driver does not tell, memory that was in use before our first attempt is foreign and the rest is ours.
            foreignBytes[card.Index] = ownBytes is not null
                ? Math.Max(0, card.MemoryUsedBytes - ownBytes.GetValueOrDefault(card.Index))
                : AttemptsOn(card.Index) == 0 ? card.MemoryUsedBytes : Math.Min(foreignBytes.GetValueOrDefault(card.Index), card.MemoryUsedBytes);
        }
    }

    /// <summary>Bytes of a card that foreign programs hold.</summary>
    public long ForeignBytesOn(int index) => foreignBytes.GetValueOrDefault(index);

    /// <summary>Bytes that attempts can have of the smallest card, without foreign memory and reserve; 0 without a card.</summary>
    public long SmallestUsableBytes => cards.Count == 0 ? 0 : Math.Max(0, cards.Values.Min(card => card.MemoryBytes - reserveBytes - ForeignBytesOn(card.Index)));

    /// <summary>Leases what <paramref name="request"/> asks for; null when it is not free now.</summary>
    public GpuLease? TryLease(GpuRequest request)
    {
        var fraction = request.IsShared ? FractionOfSharer : request.IsFraction ? request.Cards : 1;
        var wanted = request.IsFraction ? 1 : (int)Math.Ceiling(request.Cards);
        var memory = request.MemoryBytes ?? 0;
        var chosen = cards.Values
            .Where(card => FractionLeft(card) + 1e-9 >= fraction && BytesLeft(card) >= memory && Admits(card, request))
            .OrderByDescending(card => request.PreferredCards?.Contains(card.Index) == true)
            .ThenBy(card => AttemptsOn(card.Index))
            .ThenByDescending(BytesLeft)
            .ThenBy(card => card.Index)
            .Take(wanted)
            .Select(card => card.Index)
            .Order()
            .ToList();
        if (chosen.Count < wanted)
            return null;

        var lease = new GpuLease(chosen, fraction, memory, request.IsShared) { Maker = cards[chosen[0]].Maker };
        leases.Add(lease);
        foreach (var sharer in leases.Where(held => held.Indices.Intersect(chosen).Any()))
            sharer.MostSharers = Math.Max(sharer.MostSharers, sharer.Indices.Max(AttemptsOn));
        return lease;
    }

    /// <summary>Ends <paramref name="lease"/>; does nothing when it has ended.</summary>
    public void Release(GpuLease lease) => leases.Remove(lease);

    private double FractionLeft(GpuCard card) => 1 - LeasesOn(card).Sum(lease => lease.Fraction);

    private bool Admits(GpuCard card, GpuRequest request)
    {
        if (request.MemoryBytes is null && ForeignBytesOn(card.Index) > MaxForeignFraction * card.MemoryBytes)
            return false;
        var attempts = AttemptsOn(card.Index);
        return !request.IsShared || attempts == 0
            || (request.MemoryBytes is not null && attempts < request.MaxSharers && LeasesOn(card).All(lease => lease.IsShared));
    }

    // A reservation counts in full, whether or not the attempt has allocated it yet. Memory beyond the reservation counts too.
    private long BytesLeft(GpuCard card) =>
        card.MemoryBytes - reserveBytes - Math.Max(card.MemoryUsedBytes, ForeignBytesOn(card.Index) + LeasesOn(card).Sum(lease => lease.MemoryBytes));

    private IEnumerable<GpuLease> LeasesOn(GpuCard card) => leases.Where(lease => lease.Indices.Contains(card.Index));
}
