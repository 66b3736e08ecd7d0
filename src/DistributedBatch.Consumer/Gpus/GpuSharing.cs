namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// How many attempts of a run that shares cards (<c>--gpu auto</c>) may lease one card: one until its memory was measured, one more with each attempt that
/// succeeded while the largest peak fits once more, fewer after one ran out of the card's memory. Not thread-safe: the desk owns it.
/// </summary>
internal sealed class GpuSharing
{
    /// <summary>Never more than this on a card: each costs a context of some hundred MiB, and beyond a few they only take turns.</summary>
    public const int Most = 16;

    // What a program allocates varies from chunk to chunk, and the peak is the largest of some samples.
    private const double Margin = 1.1;
    private const double AfterOutOfMemory = 1.25;
    private const int MostRuns = 64;

    private readonly Dictionary<RunId, Run> runs = [];

    /// <summary>What an attempt of <paramref name="run"/> asks for.</summary>
    public GpuRequest Request(RunId run)
    {
        var known = Of(run);
        return new GpuRequest(1, known.PeakBytes > 0 ? (long)(known.PeakBytes * Margin) : null, known.PeakBytes > 0 ? known.Allowed : 1);
    }

    /// <summary>Attempts that a card may hold, of the run that may have most.</summary>
    public int MostAllowed => runs.Count == 0 ? 1 : runs.Values.Max(run => run.PeakBytes > 0 ? run.Allowed : 1);

    /// <summary>An attempt was seen to hold <paramref name="bytes"/> of a card.</summary>
    public void Measured(RunId run, long bytes)
    {
        var known = Of(run);
        known.PeakBytes = Math.Max(known.PeakBytes, bytes);
    }

    /// <summary>An attempt succeeded; when nobody ran out of memory with as many, one more may share a card of <paramref name="cardBytes"/>.</summary>
    public void Succeeded(RunId run, long cardBytes)
    {
        var known = Of(run);
        if (known.PeakBytes <= 0)
            return;
        var fit = (int)Math.Clamp(cardBytes / (known.PeakBytes * Margin), 1, Most);
        known.Allowed = Math.Min(known.Allowed + 1, Math.Min(fit, known.Ceiling));
    }

    /// <summary>An attempt ran out of the memory of its card while <paramref name="together"/> shared it.</summary>
    public void OutOfMemory(RunId run, int together)
    {
        var known = Of(run);
        known.Ceiling = Math.Max(1, Math.Min(known.Ceiling, together - 1));
        known.Allowed = Math.Min(known.Allowed, known.Ceiling);
        known.PeakBytes = (long)(known.PeakBytes * AfterOutOfMemory);
    }

    private Run Of(RunId run)
    {
        if (runs.TryGetValue(run, out var known))
            return known;
        if (runs.Count >= MostRuns)
            runs.Clear();
        return runs[run] = new Run();
    }

    private sealed class Run
    {
        public long PeakBytes { get; set; }

        public int Allowed { get; set; } = 1;

        public int Ceiling { get; set; } = Most;
    }
}
