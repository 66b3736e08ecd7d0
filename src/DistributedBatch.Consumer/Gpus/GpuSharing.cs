namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// How many attempts of a run may share a card (<c>--gpu auto</c>). One, until the memory of an attempt was measured; one more after each success,
/// while the largest peak still fits; fewer after an attempt ran out of the card's memory. Not thread-safe.
/// </summary>
internal sealed class GpuSharing
{
    /// <summary>The most attempts on a card. Each needs a context of some hundred MiB, and many attempts only wait for each other.</summary>
    public const int MaxPerCard = 16;

    // The need varies from chunk to chunk, and the peak is the largest of some samples.
    private const double Margin = 1.1;
    private const double GrowthAfterOutOfMemory = 1.25;
    private const int MaxRuns = 64;

    private readonly Dictionary<RunId, History> runs = [];

    /// <summary>The request for an attempt of <paramref name="run"/>.</summary>
    public GpuRequest Request(RunId run)
    {
        var known = HistoryOf(run);
        return new GpuRequest(1, known.PeakBytes > 0 ? (long)(known.PeakBytes * Margin) : null, known.PeakBytes > 0 ? known.Allowed : 1);
    }

    /// <summary>The most attempts that any run may have on a card.</summary>
    public int MostAllowed => runs.Count == 0 ? 1 : runs.Values.Max(run => run.PeakBytes > 0 ? run.Allowed : 1);

    /// <summary>An attempt held <paramref name="bytes"/> of a card.</summary>
    public void RecordMemory(RunId run, long bytes)
    {
        var known = HistoryOf(run);
        known.PeakBytes = Math.Max(known.PeakBytes, bytes);
    }

    /// <summary>An attempt succeeded: one more may share a card of <paramref name="cardBytes"/>, unless memory ran out with that many.</summary>
    public void RecordSuccess(RunId run, long cardBytes)
    {
        var known = HistoryOf(run);
        if (known.PeakBytes <= 0)
            return;
        var fit = (int)Math.Clamp(cardBytes / (known.PeakBytes * Margin), 1, MaxPerCard);
        known.Allowed = Math.Min(known.Allowed + 1, Math.Min(fit, known.Ceiling));
    }

    /// <summary>An attempt ran out of the card's memory while <paramref name="sharers"/> attempts shared the card.</summary>
    public void RecordOutOfMemory(RunId run, int sharers)
    {
        var known = HistoryOf(run);
        known.Ceiling = Math.Max(1, Math.Min(known.Ceiling, sharers - 1));
        known.Allowed = Math.Min(known.Allowed, known.Ceiling);
        known.PeakBytes = (long)(known.PeakBytes * GrowthAfterOutOfMemory);
    }

    private History HistoryOf(RunId run)
    {
        if (runs.TryGetValue(run, out var known))
            return known;
        if (runs.Count >= MaxRuns)
            runs.Clear();
        return runs[run] = new History();
    }

    private sealed class History
    {
        public long PeakBytes { get; set; }

        public int Allowed { get; set; } = 1;

        public int Ceiling { get; set; } = MaxPerCard;
    }
}
