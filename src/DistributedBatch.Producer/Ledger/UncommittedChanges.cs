namespace DistributedBatch.Producer.Ledger;

/// <summary>
/// What changed in a run since its last commit. The first row of a chunk from a fixed plan is postponed: a short chunk is settled by then and is
/// written once. After a <c>kill -9</c> the chunks of that time are dispatched again; an orderly stop writes them first.
/// </summary>
internal sealed class UncommittedChanges(ChunkTable table)
{
    private static readonly TimeSpan Postponement = TimeSpan.FromSeconds(1);

    private readonly List<int> changed = [];
    private readonly Queue<(int Index, DateTimeOffset Due)> postponed = new();
    private bool hasRunChanged;

    /// <summary>Whether there is something to commit.</summary>
    public bool Any => hasRunChanged || changed.Count > 0;

    /// <summary>When the next postponed chunk is due; null when there is none.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            while (postponed.TryPeek(out var next))
            {
                if (table[next.Index].Postponed)
                    return next.Due;
                postponed.Dequeue();
            }

            return null;
        }
    }

    /// <summary>The run itself changed.</summary>
    public void AddRun() => hasRunChanged = true;

    /// <summary>A chunk changed.</summary>
    public void Add(int index)
    {
        ref var chunk = ref table[index];
        chunk.Postponed = false;
        if (chunk.Changed)
            return;
        chunk.Changed = true;
        changed.Add(index);
    }

    /// <summary>A new chunk was dispatched; its row can wait.</summary>
    public void Postpone(int index, DateTimeOffset now)
    {
        table[index].Postponed = true;
        postponed.Enqueue((index, now + Postponement));
    }

    /// <summary>Adds the postponed chunks that are due at <paramref name="now"/>.</summary>
    public void AddDue(DateTimeOffset now)
    {
        while (NextDue <= now)
            Add(postponed.Dequeue().Index);
    }

    /// <summary>Starts anew.</summary>
    /// <returns>The rows of the chunks that had changed.</returns>
    public ChunkRow[] Take(Func<int, ChunkRow> rowOf)
    {
        var rows = new ChunkRow[changed.Count];
        for (var at = 0; at < rows.Length; at++)
        {
            table[changed[at]].Changed = false;
            rows[at] = rowOf(changed[at]);
        }

        changed.Clear();
        hasRunChanged = false;
        return rows;
    }
}
