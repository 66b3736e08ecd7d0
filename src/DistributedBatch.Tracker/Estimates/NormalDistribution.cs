namespace DistributedBatch.Tracker.Estimates;

/// <summary>The upper tail of the standard normal distribution, and its inverse.</summary>
internal static class NormalDistribution
{
    /// <summary>The probability that a standard normal is above <paramref name="at"/> (Abramowitz and Stegun 26.2.17, error below 1e-7).</summary>
    public static double UpperTail(double at)
    {
        if (at < 0)
            return 1 - UpperTail(-at);
        var t = 1 / (1 + (0.2316419 * at));
        var series = t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return Math.Exp(-at * at / 2) / Math.Sqrt(2 * Math.PI) * series;
    }

    /// <summary>The value that a standard normal exceeds with probability <paramref name="tail"/> (Abramowitz and Stegun 26.2.23, error below 4.5e-4).</summary>
    public static double UpperQuantile(double tail)
    {
        if (tail > 0.5)
            return -UpperQuantile(1 - tail);
        var t = Math.Sqrt(-2 * Math.Log(Math.Max(tail, 1e-300)));
        return t - ((2.515517 + (t * (0.802853 + (t * 0.010328)))) / (1 + (t * (1.432788 + (t * (0.189269 + (t * 0.001308)))))));
    }

    /// <summary>The mean of a standard normal, given that it is above <paramref name="at"/> (the inverse Mills ratio).</summary>
    public static double MeanAbove(double at) =>
        at > 6 ? at + (1 / at) : Math.Exp(-at * at / 2) / Math.Sqrt(2 * Math.PI) / Math.Max(UpperTail(at), 1e-300);
}
