using DistributedBatch.Cli.Progress;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Progress;

/// <summary>States of a run of 100 items in 100 chunks.</summary>
internal static class ProgressStates
{
    public static ProgressState At(int done, double seconds) => new(
        new RunView
        {
            Run = RunId.Parse("0123456789"),
            Name = "mine",
            State = RunState.Running,
            Chunks = new ChunkCounts(100, 99 - done, 0, 1, done, 0, 0),
            First = 0,
            Total = 100,
            ItemsSucceeded = done,
            Command = ["true"],
            SubmittedAt = DateTimeOffset.UnixEpoch,
            ItemsPerSecond = 4,
            Eta = new EtaRange(10, 20),
        },
        [],
        [],
        TimeSpan.FromSeconds(seconds),
        Note: null);
}
