namespace DistributedBatch.Tracker.Estimates;

/// <summary>
/// Draws durations of chunks for one simulation. The parameters are drawn first, so that simulations differ as much as the observations leave room for
/// (see docs/eta.md).
/// </summary>
internal sealed class DurationSampler
{
    // A duration of exp(20) times the usual one is none. Without this limit a simulation with few observations could last for years.
    private const double MaxLogAboveMean = 20;

    /// <summary>How much wider than its standard error the mean of the observations varies: a skewed sample is further off than the standard error says.</summary>
    private const double StandardErrorFactor = 1.3;

    private readonly DurationStatistics statistics;
    private readonly MonteCarlo random;
    private readonly double logMean;
    private readonly double logSpread;
    private readonly double scale;

    /// <summary>Draws the parameters from the posterior in <paramref name="statistics"/>.</summary>
    public DurationSampler(DurationStatistics statistics, MonteCarlo random)
    {
        this.statistics = statistics;
        this.random = random;
        logSpread = Math.Sqrt(statistics.PrecisionScale / random.Gamma(statistics.PrecisionShape));
        logMean = statistics.LogMean + (random.Normal() * logSpread / Math.Sqrt(statistics.LogMeanWeight));
        scale = UsesObserved
            ? Math.Exp(random.Normal() * StandardErrorFactor * Math.Sqrt(statistics.ObservedVariance / statistics.Finished) / statistics.ObservedMean)
            : 1;
    }

    private bool UsesObserved => statistics.Observed.Count > 0;

    /// <summary>The duration in seconds of a chunk that has not begun.</summary>
    public double Duration()
    {
        if (!UsesObserved)
            return Seconds(logMean + (logSpread * random.Normal()));
        return random.Uniform() < statistics.TailProbability
            ? statistics.Longest + ExcessOver(statistics.Longest)
            : scale * statistics.Observed[(int)(random.Uniform() * statistics.Observed.Count)];
    }

    /// <summary>The remaining seconds of an attempt that has run for <paramref name="elapsed"/> seconds.</summary>
    public double Remaining(double elapsed)
    {
        if (elapsed <= 0)
            return Duration();
        if (!UsesObserved)
            return ExcessOver(elapsed);
        var shorter = ObservedUpTo(elapsed / scale);
        var longer = statistics.Observed.Count - shorter;
        var observedShare = (double)longer / statistics.Observed.Count * (1 - statistics.TailProbability);
        return random.Uniform() * (observedShare + statistics.TailProbability) < observedShare
            ? Math.Max(0, (scale * statistics.Observed[shorter + (int)(random.Uniform() * longer)]) - elapsed)
            : Math.Max(0, statistics.Longest - elapsed) + ExcessOver(Math.Max(elapsed, statistics.Longest));
    }

    /// <summary>The total duration of <paramref name="chunks"/> chunks, with the variation of such a sum.</summary>
    public double Total(int chunks)
    {
        var (mean, variance) = UsesObserved
            ? (scale * statistics.ObservedMean, scale * scale * statistics.ObservedVariance)
            : Lognormal(Math.Min(logSpread, 2));
        return Math.Max(0, (mean * chunks) + (Math.Sqrt(variance * chunks) * random.Normal()));
    }

    private (double Mean, double Variance) Lognormal(double sigma)
    {
        var mean = Seconds(logMean + (sigma * sigma / 2));
        return (mean, mean * mean * (Math.Exp(sigma * sigma) - 1));
    }

    /// <summary>How far the lognormal is above <paramref name="elapsed"/>, given that it is above.</summary>
    private double ExcessOver(double elapsed)
    {
        var at = (Math.Log(elapsed) - logMean) / logSpread;
        var tail = NormalDistribution.UpperTail(at);
        var above = tail > 1e-12
            ? NormalDistribution.UpperQuantile(tail * Math.Max(random.Uniform(), 1e-12))
            : at + (random.Exponential() / Math.Max(at, 1));
        return Math.Max(0, Seconds(logMean + (logSpread * above)) - elapsed);
    }

    private double Seconds(double log) => Math.Exp(Math.Min(log, statistics.LogMean + MaxLogAboveMean));

    private int ObservedUpTo(double seconds)
    {
        int low = 0, high = statistics.Observed.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (statistics.Observed[middle] <= seconds)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
