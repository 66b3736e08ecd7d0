using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// The slots of one resource class, and the buffer from which all of them receive. As many slots are open as the target says, none while the host is on hold.
/// Shrinking closes the slots with the highest numbers after their attempts; no attempt is ever interrupted by it.
/// </summary>
internal sealed class SlotPool(
    string scratchRoot, string resourceClass, int firstNumber, ThreadShare? threads, ExclusiveRun exclusive, HeartbeatLoop heartbeats, SlotContext context)
    : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly IChunkBuffer buffer = context.Source.Open(context.Host.Name, resourceClass);
    private readonly List<Slot> slots = [];
    private int target;
    private string? hold;

    /// <summary>Number of slots that are open, or would be without the hold.</summary>
    public int Target => target;

    /// <summary>Why no chunk is taken at the moment; null when chunks are taken.</summary>
    public string? OnHold => hold;

    /// <summary>Opens and closes slots until <paramref name="count"/> are open.</summary>
    public void Resize(int count)
    {
        lock (gate)
        {
            if (target == count)
                return;
            target = count;
            threads?.SetSlots(count);
            Apply();
        }

        heartbeats.SendNow();
    }

    /// <summary>Takes no chunks, for the reason given, or takes them again when it is null.</summary>
    public void Hold(string? reason)
    {
        lock (gate)
        {
            if (hold == reason)
                return;
            hold = reason;
            Apply();
        }

        heartbeats.SendNow();
    }

    /// <summary>Completes when no slot is active, except perhaps the one with the number <paramref name="except"/>. Hold the pool first.</summary>
    public Task IdleAsync(int? except)
    {
        lock (gate)
            return Task.WhenAll(slots.Where(slot => slot.Number != except).Select(slot => slot.Idle));
    }

    /// <summary>Gives back what no slot has received, and removes the slots' files; no slot may be active.</summary>
    public async ValueTask DisposeAsync()
    {
        await buffer.DisposeAsync();
        lock (gate)
            slots.ForEach(slot => slot.Dispose());
    }

    private void Apply()
    {
        var open = hold is null ? target : 0;
        while (slots.Count < open)
            slots.Add(new Slot(firstNumber + slots.Count, buffer, scratchRoot, exclusive, context));
        buffer.Slots = open;
        for (var number = 0; number < slots.Count; number++)
        {
            if (number < open)
                slots[number].Open();
            else
                slots[number].Close();
        }
    }
}
