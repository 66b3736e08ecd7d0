using DistributedBatch.Tracker.Estimates;
using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Tests.Estimates;

public sealed class EtaEstimatorTests
{
    public static TheoryData<string, int, int, double> Workloads => new()
    {
        { "skewed", 200, 8, 0.9 },
        { "very skewed", 200, 8, 1.5 },
        { "even", 100, 4, 0.1 },
        { "few", 24, 8, 0.7 },
        { "many", 5000, 16, 1.0 },
    };

    [Theory]
    [MemberData(nameof(Workloads))]
    public void The_range_contains_the_true_end_in_four_of_five_runs_at_every_quarter(string name, int chunks, int slots, double spread)
    {
        const int Runs = 60;
        var chance = new Random(20260504);
        var hits = new int[3];
        var width = new double[3];
        var early = new int[3];
        for (var run = 0; run < Runs; run++)
        {
            var durations = Enumerable.Range(0, chunks).Select(_ => 30 * Math.Exp(spread * Normal(chance))).ToArray();
            var workload = SimulatedRun.Of(durations, slots);
            for (var quarter = 1; quarter <= 3; quarter++)
            {
                var now = workload.End * quarter / 4;
                var range = EtaEstimator.Estimate(workload.At(now), chance.NextDouble)!;
                var truth = workload.End - now;
                hits[quarter - 1] += range.EarliestSeconds <= truth && truth <= range.LatestSeconds ? 1 : 0;
                early[quarter - 1] += truth < range.EarliestSeconds ? 1 : 0;
                width[quarter - 1] += (range.LatestSeconds - range.EarliestSeconds) / truth / Runs;
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: hits {string.Join(", ", hits)} of {Runs}, over before the range {string.Join(", ", early)}, width {string.Join(", ", width.Select(w => $"{w:0.00}"))}");
        Assert.All(hits, hit => Assert.True(hit >= Runs * 0.8, $"{name}: {string.Join(", ", hits)} of {Runs} at the quarters"));
        // A range from nothing to for ever would always be right.
        Assert.True(width[1] < 6, $"{name}: the range at half time is {width[1]:0.0} times as wide as what was left");
    }

    [Fact]
    public void Before_the_first_chunk_has_ended_the_range_grows_with_the_time_of_the_running_attempts()
    {
        var chance = new Random(1);
        EtaInput After(double seconds) => new(new DurationHistogram(), [seconds, seconds / 2], Waiting: 6, Slots: 2);

        var early = EtaEstimator.Estimate(After(10), chance.NextDouble)!;
        var late = EtaEstimator.Estimate(After(1000), chance.NextDouble)!;

        Assert.True(early.EarliestSeconds > 0);
        Assert.True(late.EarliestSeconds > early.EarliestSeconds);
        Assert.True(late.LatestSeconds > 1000);
    }

    [Fact]
    public void Without_any_attempt_there_is_no_estimate() =>
        Assert.Null(EtaEstimator.Estimate(new EtaInput(new DurationHistogram(), [], 10, 1), () => 0.5));

    [Fact]
    public void Running_longer_than_anything_seen_moves_the_end_away_and_not_to_now()
    {
        var seen = new DurationHistogram();
        seen.Add(DurationHistogram.BucketOf(10), 100);

        var range = EtaEstimator.Estimate(new EtaInput(seen, [300], 0, 1), new Random(1).NextDouble)!;

        Assert.True(range.LatestSeconds > 1, $"{range}");
    }

    [Fact]
    public void A_million_waiting_chunks_are_estimated_in_no_time_and_by_their_mean()
    {
        var seen = new DurationHistogram();
        seen.Add(DurationHistogram.BucketOf(0.1), 1000);

        var range = EtaEstimator.Estimate(new EtaInput(seen, [], 1_000_000, 10), new Random(1).NextDouble)!;

        Assert.InRange(range.EarliestSeconds, 9_000, 10_500);
        Assert.InRange(range.LatestSeconds, 9_500, 11_000);
    }

    private static double Normal(Random chance) => Math.Sqrt(-2 * Math.Log(1 - chance.NextDouble())) * Math.Cos(2 * Math.PI * chance.NextDouble());
}
