namespace DistributedBatch.Tracker.Estimates;

/// <summary>
/// Estimates when a run ends, as a range of quantiles over up to 250 simulations of the rest of the run. Each simulation draws the durations
/// (<see cref="DurationSampler"/>), ends the running attempts, and gives the waiting chunks to free slots. docs/eta.md explains the method.
/// </summary>
internal static class EtaEstimator
{
    private const int MaxSimulations = 250;
    private const int MinSimulations = 50;

    /// <summary>Chunks drawn in all simulations together. With a thousand slots there are fewer simulations, and the estimate takes no longer.</summary>
    private const int MaxDraws = 80_000;

    /// <summary>Waiting chunks that are drawn one by one. The rest of a longer queue is work that all slots share.</summary>
    private const int MinDrawn = 160;

    private const double LowerQuantile = 0.008;
    private const double UpperQuantile = 0.98;

    /// <summary>Estimates the rest of a run; null when no attempt has begun or ended.</summary>
    /// <param name="input">What is known of the run.</param>
    /// <param name="uniform">Random numbers from 0 to 1.</param>
    public static EtaRange? Estimate(EtaInput input, Func<double> uniform)
    {
        if (input.Waiting == 0 && input.RunningSeconds.Count == 0)
            return input.Finished.Count > 0 ? new EtaRange(0, 0) : null;
        if (input.Finished.Count == 0 && input.RunningSeconds.Count == 0)
            return null;
        var random = new MonteCarlo(uniform);
        var statistics = new DurationStatistics(input.Finished, input.RunningSeconds);
        var slots = Math.Clamp((int)Math.Ceiling(input.Slots), 1, 4096);
        // Slots that idle between chunks take longer for everything.
        var idleFactor = slots / Math.Clamp(input.Slots, 0.01, slots);
        var simulations = Math.Clamp(MaxDraws / (Math.Min(input.Waiting, DrawnOneByOne(slots)) + slots), MinSimulations, MaxSimulations);
        var ends = new double[simulations];
        for (var simulation = 0; simulation < simulations; simulation++)
            ends[simulation] = Simulate(input, new DurationSampler(statistics, random), random, slots) * idleFactor;
        Array.Sort(ends);
        return new EtaRange(ends[(int)(LowerQuantile * simulations)], ends[(int)(UpperQuantile * simulations)]);
    }

    private static double Simulate(EtaInput input, DurationSampler sampler, MonteCarlo random, int slots)
    {
        var waiting = WithRetries(input.Waiting, input.FailureShare, random);
        var freeAt = new PriorityQueue<double, double>();
        var last = 0.0;
        foreach (var elapsed in input.RunningSeconds)
        {
            var remaining = sampler.Remaining(elapsed);
            freeAt.Enqueue(remaining, remaining);
        }

        for (var idle = input.RunningSeconds.Count; idle < slots; idle++)
            freeAt.Enqueue(0, 0);
        while (freeAt.Count > slots)
            last = Math.Max(last, freeAt.Dequeue());

        var drawn = Math.Min(waiting, DrawnOneByOne(slots));
        var shared = waiting > drawn ? sampler.Total(waiting - drawn) / slots : 0;
        for (var chunk = 0; chunk < drawn; chunk++)
        {
            var end = freeAt.Dequeue() + sampler.Duration();
            freeAt.Enqueue(end, end);
        }

        while (freeAt.TryDequeue(out var end, out _))
            last = Math.Max(last, end);
        return last + shared;
    }

    private static int DrawnOneByOne(int slots) => Math.Max(MinDrawn, 2 * slots);

    private static int WithRetries(int waiting, double failureShare, MonteCarlo random)
    {
        var share = Math.Clamp(failureShare, 0, 0.9);
        var retries = waiting * share / (1 - share);
        return waiting + (int)Math.Round(Math.Max(0, retries + (Math.Sqrt(retries) * random.Normal())));
    }
}
