using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// Selects the chunks to dispatch: as many as the windows have room for, shared fairly between the runs. Windows are counted from the ledgers.
/// </summary>
internal sealed class ChunkSelector(DispatchWindow window)
{
    /// <summary>Most chunks in one round, because no report is handled during it.</summary>
    public const int MaxPerRound = 1000;

    private readonly List<ActiveRun> candidates = [];
    private FairShare.Claim[] claims = [];

    /// <summary>Selects chunks of one resource class.</summary>
    /// <param name="runs">The active runs of all classes.</param>
    /// <param name="resourceClass">The class.</param>
    /// <param name="slots">Slots that serve the class.</param>
    /// <param name="throughput">How fast its chunks settle.</param>
    /// <param name="now">The time.</param>
    /// <param name="selected">Gets the chunks, up to <see cref="MaxPerRound"/> of all classes together.</param>
    public void Select(
        IReadOnlyList<ActiveRun> runs,
        string resourceClass,
        int slots,
        Throughput throughput,
        DateTimeOffset now,
        List<(ActiveRun Run, DispatchedChunk Chunk)> selected)
    {
        var (recent, possible) = (throughput.Recent(now), throughput.Possible(slots, now));
        var room = window.OfClass(slots, possible);
        candidates.Clear();
        foreach (var run in runs)
        {
            if (run.ResourceClass != resourceClass)
                continue;
            room -= run.Ledger.Outstanding;
            if (run.Ledger.CanDispatch(now))
                candidates.Add(run);
        }

        // Before the first heartbeat there is at least the machine this runs on.
        var assumed = slots > 0 ? slots : Environment.ProcessorCount;
        var (fixedWindow, automaticWindow) = (window.OfRun(slots, possible), window.OfAutomaticRun(assumed, recent));
        while (room > 0 && selected.Count < MaxPerRound && Next(fixedWindow, automaticWindow) is { } run)
        {
            if (run.Ledger.TryDispatch(now, assumed, out var chunk))
            {
                selected.Add((run, chunk));
                room--;
            }
            else
            {
                candidates.Remove(run);
            }
        }
    }

    private ActiveRun? Next(int fixedWindow, int automaticWindow)
    {
        for (var at = candidates.Count - 1; at >= 0; at--)
        {
            var ledger = candidates[at].Ledger;
            if (ledger.Outstanding >= (ledger.HasFixedPlan ? fixedWindow : automaticWindow))
                candidates.RemoveAt(at);
        }

        if (candidates.Count <= 1)
            return candidates.Count == 1 ? candidates[0] : null;
        if (claims.Length < candidates.Count)
            claims = new FairShare.Claim[candidates.Count * 2];
        for (var at = 0; at < candidates.Count; at++)
            claims[at] = new FairShare.Claim(candidates[at].Spec.Priority, candidates[at].Spec.Weight, candidates[at].Ledger.Outstanding);
        return candidates[FairShare.Pick(claims.AsSpan(0, candidates.Count))];
    }
}
