namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// The slots of a host: as many open ones as the target says, none while the host is on hold. Growing opens slots, shrinking closes the highest ones
/// after what runs in them; no attempt is ever interrupted by it.
/// </summary>
internal sealed class SlotPool(string scratchRoot, string resourceClass, int firstNumber, ThreadShare? share, SlotContext work) : IDisposable
{
    private readonly Lock turn = new();
    private readonly List<Slot> slots = [];
    private int target;
    private string? hold;

    /// <summary>Told when the number of open slots changed, or a hold began or ended.</summary>
    public Action? Changed { get; set; }

    /// <summary>Slots that are open, or would be but for the hold.</summary>
    public int Target => target;

    /// <summary>Why no chunk is taken at the moment; null when chunks are taken.</summary>
    public string? OnHold => hold;

    /// <summary>How many slots run an attempt.</summary>
    public int Busy
    {
        get
        {
            lock (turn)
                return slots.Count(slot => slot.Busy);
        }
    }

    /// <summary>Opens and closes slots until there are <paramref name="count"/>.</summary>
    public void Resize(int count)
    {
        lock (turn)
        {
            if (target == count)
                return;
            target = count;
            share?.Slots(count);
            Apply();
        }

        Changed?.Invoke();
    }

    /// <summary>Takes no chunks, for the reason given, or takes them again when it is null.</summary>
    public void Hold(string? reason)
    {
        lock (turn)
        {
            if (hold == reason)
                return;
            hold = reason;
            Apply();
        }

        Changed?.Invoke();
    }

    /// <summary>Completes when nothing runs in any slot, but perhaps in the one with the number <paramref name="except"/>. Hold the pool first.</summary>
    public Task IdleAsync(int? except = null)
    {
        lock (turn)
            return Task.WhenAll(slots.Where(slot => slot.Number != except).Select(slot => slot.Idle));
    }

    /// <summary>Removes the slots' files; nothing may run any more.</summary>
    public void Dispose()
    {
        lock (turn)
            slots.ForEach(slot => slot.Dispose());
    }

    private void Apply()
    {
        var open = hold is null ? target : 0;
        while (slots.Count < open)
            slots.Add(new Slot(firstNumber + slots.Count, resourceClass, scratchRoot, work));
        for (var number = 0; number < slots.Count; number++)
        {
            if (number < open)
                slots[number].Open();
            else
                slots[number].Close();
        }
    }
}
