using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Tests;

/// <summary>Messages as the producer and consumers send them, with defaults for everything that does not matter to a test.</summary>
internal static class TestData
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    public static RunSubmitted Submitted(RunId run, string name = "digits", long total = 100, long? chunkSize = 10, double gpus = 0, int retries = 2, Uri? notify = null) => new(
        run, Noon, new RunSummarySpec(name, "range", 0, total, chunkSize, new JobSpec { Command = ["python", "attack.py"], Gpus = gpus }, retries, 1, 0) { Notify = notify });

    public static RunChanged Changed(RunId run, long revision, RunState state, ChunkCounts counts, params ChunkChange[] chunks) => new()
    {
        Run = run,
        Revision = revision,
        State = state,
        Counts = counts,
        ItemsSucceeded = counts.Succeeded * 10L,
        At = Noon.AddSeconds(revision),
        SubmittedAt = Noon,
        FinishedAt = state.IsSettled() ? Noon.AddSeconds(revision) : null,
        Chunks = chunks,
    };

    public static ChunkChange Chunk(int index, ChunkState state, long revision, int attempts = 1, DateTimeOffset? notBefore = null) =>
        new(index, index * 10L, 10, state, attempts, revision, notBefore);

    public static AttemptReport Started(RunId run, int index, int attempt = 1, string host = "ada") => new()
    {
        Run = run,
        Index = index,
        Start = index * 10L,
        Count = 10,
        Attempt = attempt,
        Host = host,
        Slot = 0,
        StartedAt = Noon.AddSeconds(index),
    };

    public static AttemptReport Succeeded(RunId run, int index, int attempt = 1, string host = "ada", double seconds = 2, string? result = null) =>
        Started(run, index, attempt, host) with
        {
            Outcome = AttemptOutcome.Succeeded,
            Duration = TimeSpan.FromSeconds(seconds),
            ExitCode = 0,
            CpuTime = TimeSpan.FromSeconds(seconds),
            Result = result,
        };

    public static AttemptReport Failed(RunId run, int index, int attempt = 1, string host = "ada", string error = "exit code 3", string stderr = "Traceback") =>
        Started(run, index, attempt, host) with
        {
            Outcome = AttemptOutcome.ExitCode,
            Duration = TimeSpan.FromSeconds(1),
            ExitCode = 3,
            Error = error,
            StderrTail = stderr,
        };

    public static AttemptReports Reports(params AttemptReport[] reports) => new(reports.Length == 0 ? "ada" : reports[0].Host, reports);

    public static HostHeartbeat Heartbeat(string host, DateTimeOffset at, int slots = 4, bool gpu = false, params RunningAttempt[] running) => new(
        new HostStatus { Name = host, Version = "0.1.0", Cores = 8, Slots = slots, Classes = gpu ? ["cpu", "gpu"] : ["cpu"] }, at, running);
}
