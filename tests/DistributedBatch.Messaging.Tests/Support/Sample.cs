using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Messaging.Tests.Support;

internal static class Sample
{
    public static readonly RunId Run = RunId.Parse("0123456789");

    public static RunChunk Chunk(int index = 0, double gpus = 0, int attempt = 1) => new()
    {
        Run = Run,
        Index = index,
        Start = index * 10L,
        Count = 10,
        Total = 10_000,
        Attempt = attempt,
        Job = new JobSpec { Command = ["python3", "work.py", "{start}"], Env = new Dictionary<string, string> { ["MODE"] = "fast" }, Gpus = gpus },
    };

    public static AttemptReports Reports(params IReadOnlyList<int> indexes) => ReportsOf("box", indexes);

    public static AttemptReports ReportsOf(string host, params IReadOnlyList<int> indexes) => new(host, [.. indexes.Select(index => Report(index, host))]);

    private static AttemptReport Report(int index, string host) => new()
    {
        Run = Run,
        Index = index,
        Start = index * 10L,
        Count = 10,
        Attempt = 1,
        Host = host,
        Slot = 0,
        StartedAt = DateTimeOffset.UnixEpoch,
        Outcome = AttemptOutcome.Succeeded,
    };
}
