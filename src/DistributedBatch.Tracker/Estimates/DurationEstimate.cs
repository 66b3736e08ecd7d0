namespace DistributedBatch.Tracker.Estimates;

/// <summary>
/// One guess at how long chunks take, drawn so that several hundred guesses differ as much as what was seen leaves room for (see docs/eta.md).
/// </summary>
internal sealed class DurationEstimate
{
    // exp(20) times what is usual is no duration any more; without a limit a single rehearsal with little to go by would be one of years.
    private const double LongestLog = 20;

    private const double Doubt = 1.3;

    private readonly DurationStatistics knowledge;
    private readonly MonteCarlo dice;
    private readonly double mean;
    private readonly double spread;
    private readonly double pace;

    /// <summary>Draws a guess from <paramref name="knowledge"/>.</summary>
    public DurationEstimate(DurationStatistics knowledge, MonteCarlo dice)
    {
        this.knowledge = knowledge;
        this.dice = dice;
        spread = Math.Sqrt(knowledge.Scale / dice.Gamma(knowledge.Shape));
        mean = knowledge.Mean + (dice.Normal() * spread / Math.Sqrt(knowledge.Weight));
        // The mean of what was seen is off by its standard error, and of a skewed few by more than that says (the simulated workloads of the tests set by how much).
        pace = HasBody ? Math.Exp(dice.Normal() * Doubt * Math.Sqrt(knowledge.BodyVariance / knowledge.Finished) / knowledge.BodyMean) : 1;
    }

    private bool HasBody => knowledge.Body.Count > 0;

    /// <summary>The duration of a chunk that has not begun, in seconds.</summary>
    public double Next()
    {
        if (!HasBody)
            return Seconds(mean + (spread * dice.Normal()));
        return dice.Uniform() < knowledge.TailShare
            ? knowledge.Longest + Above(knowledge.Longest)
            : pace * knowledge.Body[(int)(dice.Uniform() * knowledge.Body.Count)];
    }

    /// <summary>How much longer an attempt takes that has been at it for <paramref name="elapsed"/> seconds.</summary>
    public double Rest(double elapsed)
    {
        if (elapsed <= 0)
            return Next();
        if (!HasBody)
            return Above(elapsed);
        var shorter = ShorterThan(elapsed / pace);
        var longer = knowledge.Body.Count - shorter;
        var inBody = (double)longer / knowledge.Body.Count * (1 - knowledge.TailShare);
        return dice.Uniform() * (inBody + knowledge.TailShare) < inBody
            ? Math.Max(0, (pace * knowledge.Body[shorter + (int)(dice.Uniform() * longer)]) - elapsed)
            : Math.Max(0, knowledge.Longest - elapsed) + Above(Math.Max(elapsed, knowledge.Longest));
    }

    /// <summary>How long <paramref name="chunks"/> chunks take one after the other: their mean, and as far off as such a sum is by chance.</summary>
    public double Sum(int chunks)
    {
        var (one, variance) = HasBody
            ? (pace * knowledge.BodyMean, pace * pace * knowledge.BodyVariance)
            : Lognormal(Math.Min(spread, 2));
        return Math.Max(0, (one * chunks) + (Math.Sqrt(variance * chunks) * dice.Normal()));
    }

    private (double Mean, double Variance) Lognormal(double sigma)
    {
        var one = Seconds(mean + (sigma * sigma / 2));
        return (one, one * one * (Math.Exp(sigma * sigma) - 1));
    }

    /// <summary>How far above <paramref name="elapsed"/> the lognormal lies, given that it lies above.</summary>
    private double Above(double elapsed)
    {
        var at = (Math.Log(elapsed) - mean) / spread;
        var tail = NormalDistribution.UpperTail(at);
        var above = tail > 1e-12 ? NormalDistribution.UpperQuantile(tail * Math.Max(dice.Uniform(), 1e-12)) : at + (dice.Exponential() / Math.Max(at, 1));
        return Math.Max(0, Seconds(mean + (spread * above)) - elapsed);
    }

    private double Seconds(double log) => Math.Exp(Math.Min(log, knowledge.Mean + LongestLog));

    private int ShorterThan(double seconds)
    {
        int low = 0, high = knowledge.Body.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (knowledge.Body[middle] <= seconds)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
