using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Tracker.Estimates;

/// <summary>
/// When a run will probably be over, as the range between the luckiest and the unluckiest of 250 rehearsals of what is left of it.
/// Each rehearsal guesses how long chunks take (see <see cref="DurationEstimate"/>), gives the running ones what they still need, and lets free slots take the
/// waiting ones. How and why is told in docs/eta.md.
/// </summary>
internal static class EtaEstimator
{
    private const int MostRehearsals = 250;
    private const int FewestRehearsals = 50;

    /// <summary>Chunks dealt out in all rehearsals together; a lab of a thousand slots gets fewer rehearsals, and answers as fast.</summary>
    private const int Work = 80_000;

    /// <summary>Waiting chunks that are dealt out one by one; of a longer queue the front only counts as work that all slots share.</summary>
    private const int DealtOut = 160;

    private const double Lucky = 0.008;
    private const double Unlucky = 0.98;

    /// <summary>Estimates; null when there is nothing to go by, which is a run that has neither begun nor ended an attempt.</summary>
    /// <param name="input">What is known.</param>
    /// <param name="uniform">Chance: numbers from 0 to 1.</param>
    public static EtaRange? Estimate(EtaInput input, Func<double> uniform)
    {
        if (input.Waiting == 0 && input.RunningSeconds.Count == 0)
            return input.Finished.Count > 0 ? new EtaRange(0, 0) : null;
        if (input.Finished.Count == 0 && input.RunningSeconds.Count == 0)
            return null;
        var dice = new MonteCarlo(uniform);
        var knowledge = new DurationStatistics(input.Finished, input.RunningSeconds);
        var slots = Math.Clamp((int)Math.Ceiling(input.Slots), 1, 4096);
        // Slots that are not always busy take longer over everything by as much.
        var slack = slots / Math.Clamp(input.Slots, 0.01, slots);
        var rehearsals = Math.Clamp(Work / (Math.Min(input.Waiting, DealtOutOf(slots)) + slots), FewestRehearsals, MostRehearsals);
        var ends = new double[rehearsals];
        for (var rehearsal = 0; rehearsal < rehearsals; rehearsal++)
            ends[rehearsal] = Rehearse(input, new DurationEstimate(knowledge, dice), dice, slots) * slack;
        Array.Sort(ends);
        return new EtaRange(ends[(int)(Lucky * rehearsals)], ends[(int)(Unlucky * rehearsals)]);
    }

    private static double Rehearse(EtaInput input, DurationEstimate guess, MonteCarlo dice, int slots)
    {
        var waiting = WithRetries(input.Waiting, input.FailureShare, dice);
        var free = new PriorityQueue<double, double>();
        var last = 0.0;
        foreach (var elapsed in input.RunningSeconds)
        {
            var rest = guess.Rest(elapsed);
            free.Enqueue(rest, rest);
        }

        for (var idle = input.RunningSeconds.Count; idle < slots; idle++)
            free.Enqueue(0, 0);
        while (free.Count > slots)
            last = Math.Max(last, free.Dequeue());

        var dealtOut = Math.Min(waiting, DealtOutOf(slots));
        var shared = waiting > dealtOut ? guess.Sum(waiting - dealtOut) / slots : 0;
        for (var chunk = 0; chunk < dealtOut; chunk++)
        {
            var end = free.Dequeue() + guess.Next();
            free.Enqueue(end, end);
        }

        while (free.TryDequeue(out var end, out _))
            last = Math.Max(last, end);
        return last + shared;
    }

    private static int DealtOutOf(int slots) => Math.Max(DealtOut, 2 * slots);

    private static int WithRetries(int waiting, double failureShare, MonteCarlo dice)
    {
        var share = Math.Clamp(failureShare, 0, 0.9);
        var more = waiting * share / (1 - share);
        return waiting + (int)Math.Round(Math.Max(0, more + (Math.Sqrt(more) * dice.Normal())));
    }
}
