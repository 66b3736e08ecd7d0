using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Estimates;

/// <summary>
/// Two models of the durations of chunks, from the same attempts. <see cref="Observed"/> is the empirical distribution: the Kaplan-Meier estimate, which counts a
/// running attempt as longer than its time so far. The posterior is a lognormal with uncertain parameters. It is used for few observations and for durations
/// beyond the longest observed one.
/// </summary>
internal sealed class DurationStatistics
{
    /// <summary>From this many finished attempts on, the empirical distribution is used.</summary>
    public const int EnoughFinished = 20;

    private const int ObservedSize = 1024;
    private const double PriorWeight = 0.5;
    private const double PriorShape = 1.5;
    private const double PriorSpread = 1.0;

    /// <summary>Fits the models to <paramref name="finished"/> attempts and to those that have run for <paramref name="running"/> seconds so far.</summary>
    public DurationStatistics(DurationHistogram finished, IReadOnlyList<double> running)
    {
        var ended = finished.Buckets.Select(bucket => new Bucket(DurationHistogram.MiddleOf(bucket.Key), bucket.Value)).ToList();
        var censored = running.Where(elapsed => elapsed > 0).Order().ToList();
        Finished = finished.Count;
        Observed = [];
        if (Finished >= EnoughFinished)
            (Observed, TailProbability) = KaplanMeier(ended, censored);
        Longest = Math.Max(ended.Count > 0 ? ended[^1].Seconds : 0, censored.Count > 0 ? censored[^1] : 0);
        if (Observed.Count > 0)
        {
            ObservedMean = Observed.Average();
            ObservedVariance = Observed.Sum(duration => Square(duration - ObservedMean)) / Observed.Count;
        }

        (LogMean, LogMeanWeight, PrecisionShape, PrecisionScale) = Posterior(ended, censored);
    }

    /// <summary>The number of finished attempts.</summary>
    public long Finished { get; }

    /// <summary>Equally likely durations in seconds, shortest first; empty for few observations.</summary>
    public IReadOnlyList<double> Observed { get; }

    /// <summary>The probability that a chunk takes longer than all of <see cref="Observed"/>.</summary>
    public double TailProbability { get; }

    /// <summary>The longest time of an attempt, finished or not.</summary>
    public double Longest { get; }

    /// <summary>The mean of <see cref="Observed"/>.</summary>
    public double ObservedMean { get; }

    /// <summary>The variance of <see cref="Observed"/>.</summary>
    public double ObservedVariance { get; }

    /// <summary>The posterior mean of the logarithm of a duration.</summary>
    public double LogMean { get; }

    /// <summary>The number of observations that this mean is worth.</summary>
    public double LogMeanWeight { get; }

    /// <summary>The shape of the posterior of the precision.</summary>
    public double PrecisionShape { get; }

    /// <summary>The scale of the posterior of the precision.</summary>
    public double PrecisionScale { get; }

    private static (IReadOnlyList<double> Observed, double TailProbability) KaplanMeier(List<Bucket> ended, List<double> censored)
    {
        var count = ended.Sum(bucket => bucket.Times) + censored.Count;
        var atRisk = (double)count;
        var survival = 1.0;
        var passed = 0;
        var weights = new List<(double Seconds, double Share)>();
        foreach (var (seconds, times) in ended)
        {
            for (; passed < censored.Count && censored[passed] < seconds; passed++)
                atRisk--;
            var share = survival * times / atRisk;
            weights.Add((seconds, share));
            survival = Math.Max(0, survival - share);
            atRisk -= times;
        }

        var total = 1 - survival;
        var reached = 0.0;
        var observed = new List<double>();
        foreach (var (seconds, share) in weights)
        {
            reached += share / total;
            while (observed.Count + 0.5 < reached * ObservedSize && observed.Count < ObservedSize)
                observed.Add(seconds);
        }

        return (observed, Math.Max(survival, 1.0 / (count + 1)));
    }

    private static (double LogMean, double LogMeanWeight, double PrecisionShape, double PrecisionScale) Posterior(List<Bucket> ended, List<double> censored)
    {
        var count = (double)ended.Sum(bucket => bucket.Times);
        // Before the first attempt has ended, the prior is twice the time of the oldest attempt, within a factor of three.
        var mean = count > 0
            ? ended.Sum(bucket => bucket.Log * bucket.Times) / count
            : Math.Log(Math.Max(censored.Count > 0 ? 2 * censored[^1] : 1, 1e-3));
        var spread = count > 1 ? Math.Sqrt(ended.Sum(bucket => bucket.Times * Square(bucket.Log - mean)) / count) : PriorSpread;
        var prior = mean;
        var logs = ended.Select(bucket => (bucket.Log, Weight: (double)bucket.Times)).ToList();
        for (var round = 0; round < 3; round++)
        {
            // Expectation maximisation: a running attempt counts with its expected duration, given its time so far.
            var sigma = Math.Max(spread, 0.05);
            var all = logs.Concat(censored.Select(elapsed =>
                (Log: mean + (sigma * NormalDistribution.MeanAbove((Math.Log(elapsed) - mean) / sigma)), Weight: 1.0))).ToList();
            var total = all.Sum(log => log.Weight);
            if (total == 0)
                break;
            mean = all.Sum(log => log.Log * log.Weight) / total;
            spread = Math.Sqrt(all.Sum(log => log.Weight * Square(log.Log - mean)) / total);
            count = total;
        }

        var weight = PriorWeight + count;
        var scale = (PriorShape * PriorSpread * PriorSpread * 0.5) + (count * spread * spread / 2) + (PriorWeight * count * Square(mean - prior) / (2 * weight));
        return (((PriorWeight * prior) + (count * mean)) / weight, weight, PriorShape + (count / 2), scale);
    }

    private static double Square(double number) => number * number;

    private readonly record struct Bucket(double Seconds, long Times)
    {
        public double Log => Math.Log(Seconds);
    }
}
