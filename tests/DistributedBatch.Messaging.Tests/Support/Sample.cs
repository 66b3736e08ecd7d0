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
        Total = 1000,
        Attempt = attempt,
        Job = new JobSpec { Command = ["python3", "work.py", "{start}"], Env = new Dictionary<string, string> { ["MODE"] = "fast" }, Gpus = gpus },
    };

    public static AttemptReports Reports(params IReadOnlyList<int> indexes) => new("box", [.. indexes.Select(Report)]);

    private static AttemptReport Report(int index) => new()
    {
        Run = Run,
        Index = index,
        Start = index * 10L,
        Count = 10,
        Attempt = 1,
        Host = "box",
        Slot = 0,
        StartedAt = DateTimeOffset.UnixEpoch,
        Outcome = AttemptOutcome.Succeeded,
    };
}
