using DistributedBatch.Producer.Planning;

namespace DistributedBatch.Producer.Tests.Planning;

public sealed class AutoChunkSizeTests
{
    [Fact]
    public void Before_anything_was_measured_a_chunk_is_one_item() => Assert.Equal(1, AutoChunkSize.Next(1_000_000, 8, null));

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.1)]
    [InlineData(2)]
    public void Early_chunks_last_about_half_a_minute_at_most(double secondsPerItem) =>
        Assert.InRange(AutoChunkSize.Next(10_000_000, 4, secondsPerItem) * secondsPerItem, 15, AutoChunkSize.LongestSeconds);

    [Fact]
    public void An_item_that_lasts_longer_than_any_chunk_should_is_a_chunk_of_its_own() => Assert.Equal(1, AutoChunkSize.Next(1_000, 4, 900));

    [Fact]
    public void Chunks_shrink_towards_the_end_but_not_below_what_is_worth_a_start()
    {
        var sizes = Cut(items: 4_000, slots: 4, secondsPerItem: 0.1);

        Assert.Equal(sizes[..^1].OrderDescending(), sizes[..^1]);
        Assert.All(sizes[..^1], size => Assert.InRange(size * 0.1, AutoChunkSize.ShortestSeconds, AutoChunkSize.LongestSeconds));
        Assert.True(sizes[^2] < sizes[0] / 10);
    }

    [Fact]
    public void Items_of_no_measurable_length_are_no_division_by_zero() => Assert.InRange(AutoChunkSize.Next(1_000, 4, 0), 1, 1_000);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 8)]
    [InlineData(3, 32)]
    public void Slots_run_dry_together_although_items_are_skewed(int seed, int slots)
    {
        var random = new Random(seed);
        // Lognormal with sigma 1: the mean is 1.6 times the median, one item in a hundred takes ten times the median.
        var items = Enumerable.Range(0, 20_000).Select(_ => 0.05 * Math.Exp(Normal(random))).ToArray();
        const double startUp = 0.05;

        var (makespan, chunks) = Simulate(items, slots, startUp);

        var bound = items.Sum() / slots;
        Assert.InRange(makespan, bound, (bound * 1.1) + AutoChunkSize.ShortestSeconds);
        Assert.True(chunks < items.Length / 5, $"{chunks} chunks for {items.Length} items");
    }

    private static List<long> Cut(long items, int slots, double secondsPerItem)
    {
        var sizes = new List<long>();
        while (items > 0)
        {
            sizes.Add(AutoChunkSize.Next(items, slots, secondsPerItem));
            items -= sizes[^1];
        }

        return sizes;
    }

    // Every slot takes the next chunk when it is free, which is what the queue does; a chunk is sized when it is taken.
    private static (double Makespan, int Chunks) Simulate(double[] items, int slots, double startUp)
    {
        var planner = new ChunkPlanner(0, items.Length, null);
        var speed = new ItemSpeed();
        var free = new PriorityQueue<(long Count, double Seconds), double>();
        for (var slot = 0; slot < slots; slot++)
            free.Enqueue((0, 0), 0);
        var makespan = 0.0;
        while (free.TryDequeue(out var ended, out var at))
        {
            makespan = Math.Max(makespan, at);
            if (ended.Count > 0)
                speed.Learn(ended.Count, TimeSpan.FromSeconds(ended.Seconds));
            if (planner.Cut(slots, speed.SecondsPerItem) is not { } chunk)
                continue;
            var seconds = startUp + items.AsSpan((int)chunk.Start, (int)chunk.Count).ToArray().Sum();
            free.Enqueue((chunk.Count, seconds), at + seconds);
        }

        return (makespan, planner.Next);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
