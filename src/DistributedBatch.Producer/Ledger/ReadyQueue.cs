using System.Diagnostics.CodeAnalysis;

namespace DistributedBatch.Producer.Ledger;

/// <summary>Chunks that wait for dispatch: those that may go at once, in order, and those whose retry delay has to pass first.</summary>
internal sealed class ReadyQueue
{
    private readonly Queue<int> ready = new();
    private readonly PriorityQueue<int, DateTimeOffset> delayed = new();
    private readonly Dictionary<int, DateTimeOffset> notBefore = [];

    /// <summary>When the next delay has passed; null when nothing is delayed.</summary>
    public DateTimeOffset? NextDue => delayed.TryPeek(out _, out var due) ? due : null;

    /// <summary>Whether something may go at <paramref name="now"/>.</summary>
    public bool HasReady(DateTimeOffset now) => ready.Count > 0 || NextDue <= now;

    /// <summary>When <paramref name="index"/> may go; null for at once.</summary>
    public DateTimeOffset? NotBefore(int index) => notBefore.TryGetValue(index, out var due) ? due : null;

    /// <summary>Adds a chunk that may go at <paramref name="due"/>; null for at once.</summary>
    public void Add(int index, DateTimeOffset? due)
    {
        if (due is not { } later)
        {
            ready.Enqueue(index);
            return;
        }

        notBefore[index] = later;
        delayed.Enqueue(index, later);
    }

    /// <summary>Takes the next one that may go. A late report can have settled it meanwhile, so the caller checks its state.</summary>
    public bool TryTake(DateTimeOffset now, [NotNullWhen(true)] out int? index)
    {
        index = null;
        if (NextDue <= now)
            index = delayed.Dequeue();
        else if (ready.TryDequeue(out var next))
            index = next;
        if (index is { } taken)
            notBefore.Remove(taken);
        return index is not null;
    }

    /// <summary>Empties the queue.</summary>
    /// <returns>The chunks that were in it.</returns>
    public IReadOnlyList<int> Clear()
    {
        int[] all = [.. ready, .. delayed.UnorderedItems.Select(item => item.Element)];
        ready.Clear();
        delayed.Clear();
        notBefore.Clear();
        return all;
    }
}
