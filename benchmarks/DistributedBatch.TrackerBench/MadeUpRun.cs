using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.TrackerBench;

/// <summary>The messages of a run that nobody ran: the same ones, in the same groups, that producer and consumers would send.</summary>
/// <param name="name">Its name.</param>
/// <param name="chunks">Number of chunks, of ten items each.</param>
/// <param name="began">When it was submitted.</param>
/// <param name="seed">Chance.</param>
internal sealed class MadeUpRun(string name, int chunks, DateTimeOffset began, int seed)
{
    private const int ItemsPerChunk = 10;
    private const int HostCount = 4;

    private readonly Random chance = new(seed);
    private long revision;
    private int succeeded;
    private int failed;

    public RunId Id { get; } = RunId.New();

    public static HostHeartbeat Heartbeat(int host, DateTimeOffset at, IReadOnlyList<RunningAttempt> running) => new(
        new HostStatus
        {
            Name = HostName(host),
            Version = "0.1.0",
            Cores = 16 >> (host % 2),
            Slots = 16 >> (host % 2),
            SlotsReason = "16 cores, a chunk keeps one busy",
            MemoryBytes = 64L << 30,
            MemoryAvailableBytes = (20L + (host * 9)) << 30,
            CpuBusy = 0.93 - (host * 0.2),
            Gpus = host == 0 ? [new GpuStatus(0, "NVIDIA GeForce RTX 4090", 24L << 30, 11L << 30, 2)] : [],
            Classes = host == 0 ? ["cpu", "gpu"] : ["cpu"],
            OnHold = host == 3 ? "memory is short: 1.2 GiB available, 2 GiB needed" : null,
        },
        at,
        running);

    public RunSubmitted Submitted() => new(Id, began, new RunSummarySpec(
        name, "range", 0, (long)chunks * ItemsPerChunk, ItemsPerChunk,
        new JobSpec { Command = ["python", "attack.py", "--start", "{start}", "--count", "{count}"] }, 2, 1, 0));

    /// <summary>The end of <paramref name="count"/> chunks from <paramref name="from"/> on, as one flush of a host and one commit of the ledger.</summary>
    public (AttemptReports Reports, RunChanged Change) Settle(int from, int count, DateTimeOffset at, double failureShare, double meanSeconds)
    {
        var reports = new List<AttemptReport>(count);
        var changes = new List<ChunkChange>(count);
        for (var index = from; index < from + count; index++)
        {
            var fails = chance.NextDouble() < failureShare;
            for (var attempt = 1; attempt <= (fails ? 3 : 1); attempt++)
                reports.Add(Report(index, attempt, at, fails, meanSeconds));
            _ = fails ? failed++ : succeeded++;
            changes.Add(Change(index, fails ? ChunkState.Failed : ChunkState.Succeeded, fails ? 3 : 1));
        }

        return (new AttemptReports(reports[0].Host, reports), Changed(at, changes, queued: 0, running: 0));
    }

    /// <summary>What is queued and running at the front of a run that goes on.</summary>
    public (AttemptReports Reports, RunChanged Change, IReadOnlyList<RunningAttempt> Running) Front(int from, int running, int queued, DateTimeOffset at, double meanSeconds)
    {
        var started = Enumerable.Range(from, running)
            .Select(index => Report(index, 1, at, false, meanSeconds) with { StartedAt = at.AddSeconds(-Duration(meanSeconds)), Outcome = null, Result = null })
            .ToList();
        var changes = Enumerable.Range(from, running + queued)
            .Select(index => Change(index, index < from + running ? ChunkState.Running : ChunkState.Queued, index < from + running ? 1 : 0)).ToList();
        return (
            new AttemptReports(HostName(0), started), Changed(at, changes, queued, running),
            [.. started.Select(report => new RunningAttempt(Id, report.Index, 1, report.Slot, report.StartedAt))]);
    }

    private static string HostName(int host) => new[] { "ada", "grace", "hedy", "katherine" }[host];

    private AttemptReport Report(int index, int attempt, DateTimeOffset at, bool fails, double meanSeconds)
    {
        var seconds = Duration(meanSeconds);
        return new AttemptReport
        {
            Run = Id,
            Index = index,
            Start = (long)index * ItemsPerChunk,
            Count = ItemsPerChunk,
            Attempt = attempt,
            Host = HostName(chance.Next(HostCount - 1)),
            Slot = chance.Next(16),
            StartedAt = at.AddSeconds(-seconds),
            Outcome = fails ? index % 3 == 0 ? AttemptOutcome.OutOfMemory : AttemptOutcome.ExitCode : AttemptOutcome.Succeeded,
            Duration = TimeSpan.FromSeconds(seconds),
            ExitCode = fails ? 1 : 0,
            Error = fails ? index % 3 == 0 ? "The process was killed because memory ran out at 7.9 GiB." : "The program ended with exit code 1." : null,
            StderrTail = fails
                ? $"Traceback (most recent call last):\n  File \"attack.py\", line 41, in <module>\n    main(start, count)\n  File \"attack.py\", line 27, in main\n    adversarial = walk(images[start + {index % 10}])\nRuntimeError: \u001b[31mno adversarial image\u001b[0m within 500 queries <script>alert(1)</script>\n"
                : null,
            Result = fails || index % 4 != 0 ? null : $"{{\"distance\": {chance.NextDouble():0.0000}}}",
            CpuTime = TimeSpan.FromSeconds(seconds * 0.97),
            PeakMemoryBytes = (long)((0.4 + chance.NextDouble()) * (1L << 30)),
            Warm = WarmMode.Fork,
        };
    }

    private ChunkChange Change(int index, ChunkState state, int attempts) =>
        new(index, (long)index * ItemsPerChunk, ItemsPerChunk, state, attempts, ++revision);

    private RunChanged Changed(DateTimeOffset at, List<ChunkChange> changes, int queued, int running)
    {
        var over = succeeded + failed == chunks;
        return new RunChanged
        {
            Run = Id,
            Revision = ++revision,
            State = !over ? RunState.Running : failed > 0 ? RunState.Failed : RunState.Succeeded,
            Counts = new ChunkCounts(chunks, chunks - succeeded - failed - queued - running, queued, running, succeeded, failed, 0),
            ItemsSucceeded = (long)succeeded * ItemsPerChunk,
            At = at,
            SubmittedAt = began,
            FinishedAt = over ? at : null,
            Chunks = changes,
        };
    }

    private double Duration(double mean) =>
        mean * Math.Exp((0.7 * Math.Sqrt(-2 * Math.Log(1 - chance.NextDouble())) * Math.Cos(2 * Math.PI * chance.NextDouble())) - 0.25);
}
