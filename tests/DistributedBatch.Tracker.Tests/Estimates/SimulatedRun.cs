using DistributedBatch.Tracker.Estimates;
using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Tests.Estimates;

/// <summary>A simulated run: free slots took the chunks in order. It gives the input of the estimate at any time.</summary>
internal sealed class SimulatedRun
{
    private readonly List<(double Start, double End)> chunks = [];
    private readonly int slots;

    private SimulatedRun(int slots) => this.slots = slots;

    public double End { get; private set; }

    public static SimulatedRun Of(IEnumerable<double> durations, int slots)
    {
        var run = new SimulatedRun(slots);
        var free = new PriorityQueue<double, double>(Enumerable.Range(0, slots).Select(_ => (0.0, 0.0)));
        foreach (var duration in durations)
        {
            var start = free.Dequeue();
            run.chunks.Add((start, start + duration));
            run.End = Math.Max(run.End, start + duration);
            free.Enqueue(start + duration, start + duration);
        }

        return run;
    }

    public EtaInput At(double now)
    {
        var finished = new DurationHistogram();
        foreach (var (start, end) in chunks.Where(chunk => chunk.End <= now))
            finished.Add(DurationHistogram.BucketOf(end - start));
        var running = chunks.Where(chunk => chunk.Start <= now && chunk.End > now).Select(chunk => now - chunk.Start).ToList();
        return new EtaInput(finished, running, chunks.Count(chunk => chunk.Start > now), slots);
    }
}
