using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Estimates;

/// <summary>
/// What is known of how long chunks take. Two views of the same attempts: the <see cref="Body"/> is what was seen (the estimate of Kaplan and Meier, in which an
/// attempt that still runs stands for all that took longer than it has taken so far), the posterior is a lognormal with room for doubt, which speaks while
/// little was seen and beyond the longest that was.
/// </summary>
internal sealed class DurationStatistics
{
    /// <summary>From this many finished attempts on, what was seen is the distribution.</summary>
    public const int EnoughForBody = 20;

    private const int BodySize = 1024;
    private const double PriorWeight = 0.5;
    private const double PriorShape = 1.5;
    private const double PriorSpread = 1.0;

    /// <summary>Learns from <paramref name="finished"/> and from attempts that are not finished after <paramref name="running"/> seconds.</summary>
    public DurationStatistics(DurationHistogram finished, IReadOnlyList<double> running)
    {
        var seen = finished.Buckets.Select(bucket => new Seen(DurationHistogram.MiddleOf(bucket.Key), bucket.Value)).ToList();
        var open = running.Where(elapsed => elapsed > 0).Order().ToList();
        Finished = finished.Count;
        Body = [];
        if (Finished >= EnoughForBody)
            (Body, TailShare) = BodyOf(seen, open);
        Longest = Math.Max(seen.Count > 0 ? seen[^1].Seconds : 0, open.Count > 0 ? open[^1] : 0);
        if (Body.Count > 0)
        {
            BodyMean = Body.Average();
            BodyVariance = Body.Sum(duration => (duration - BodyMean) * (duration - BodyMean)) / Body.Count;
        }

        (Mean, Weight, Shape, Scale) = Posterior(seen, open);
    }

    /// <summary>Finished attempts.</summary>
    public long Finished { get; }

    /// <summary>Durations in seconds, shortest first, each as likely as the next; empty while too little was seen.</summary>
    public IReadOnlyList<double> Body { get; }

    /// <summary>Chance that a chunk takes longer than any in the body.</summary>
    public double TailShare { get; }

    /// <summary>The longest that an attempt is known to have taken, finished or not.</summary>
    public double Longest { get; }

    /// <summary>Mean of the body.</summary>
    public double BodyMean { get; }

    /// <summary>Variance of the body.</summary>
    public double BodyVariance { get; }

    /// <summary>Posterior mean of the logarithm of a duration.</summary>
    public double Mean { get; }

    /// <summary>How many durations that mean is worth.</summary>
    public double Weight { get; }

    /// <summary>Shape of the posterior of the precision.</summary>
    public double Shape { get; }

    /// <summary>Scale of the posterior of the precision.</summary>
    public double Scale { get; }

    private static (IReadOnlyList<double> Body, double TailShare) BodyOf(List<Seen> seen, List<double> open)
    {
        var count = seen.Sum(known => known.Times) + open.Count;
        var atRisk = (double)count;
        var survival = 1.0;
        var passed = 0;
        var body = new List<double>();
        var weights = new List<(double Seconds, double Share)>();
        foreach (var (seconds, times) in seen)
        {
            for (; passed < open.Count && open[passed] < seconds; passed++)
                atRisk--;
            var share = survival * times / atRisk;
            weights.Add((seconds, share));
            survival = Math.Max(0, survival - share);
            atRisk -= times;
        }

        var kept = 1 - survival;
        var reached = 0.0;
        foreach (var (seconds, share) in weights)
        {
            reached += share / kept;
            while (body.Count + 0.5 < reached * BodySize && body.Count < BodySize)
                body.Add(seconds);
        }

        return (body, Math.Max(survival, 1.0 / (count + 1)));
    }

    private static (double Mean, double Weight, double Shape, double Scale) Posterior(List<Seen> seen, List<double> open)
    {
        var count = (double)seen.Sum(known => known.Times);
        // Without a single end, chunks are thought to take about twice what the oldest attempt has taken so far, give or take a factor of three.
        var mean = count > 0 ? seen.Sum(known => known.Log * known.Times) / count : Math.Log(Math.Max(open.Count > 0 ? 2 * open[^1] : 1, 1e-3));
        var spread = count > 1 ? Math.Sqrt(seen.Sum(known => known.Times * Square(known.Log - mean)) / count) : PriorSpread;
        var prior = mean;
        var logs = seen.Select(known => (known.Log, Weight: (double)known.Times)).ToList();
        for (var round = 0; round < 3; round++)
        {
            // Expectation and maximisation: an attempt that runs counts as what is to be expected of it, given how long it has been at it.
            var about = Math.Max(spread, 0.05);
            var all = logs.Concat(open.Select(elapsed => (Log: mean + (about * NormalDistribution.MeanAbove((Math.Log(elapsed) - mean) / about)), Weight: 1.0))).ToList();
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

    private readonly record struct Seen(double Seconds, long Times)
    {
        public double Log => Math.Log(Seconds);
    }
}
