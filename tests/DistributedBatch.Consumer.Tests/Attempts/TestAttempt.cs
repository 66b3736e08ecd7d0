using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Messaging.Chunks;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Attempts;

/// <summary>Makes attempts whose delivery does nothing.</summary>
internal static class TestAttempt
{
    public static ActiveAttempt Create(int lostHosts = 0, int crashLimit = 5, RunId? run = null, JobSpec? job = null)
    {
        var chunk = new RunChunk
        {
            Run = run ?? RunId.New(),
            Index = 0,
            Start = 0,
            Count = 1,
            Total = 10,
            Attempt = 1,
            LostHosts = lostHosts,
            CrashLimit = crashLimit - lostHosts,
            Job = job ?? new JobSpec { Command = ["true"] },
        };
        return new ActiveAttempt(new Delivery { Chunk = chunk }, "box", 0, DateTimeOffset.UnixEpoch, new SlotScratch(Path.GetTempPath())) { StartedTimestamp = 0 };
    }

    public static HostTroubles Troubles() => new(new HostSettings("box", Path.GetTempPath()), NullLogger<HostTroubles>.Instance);

    private sealed class Delivery : ChunkDelivery
    {
        public override CancellationToken Lost => CancellationToken.None;

        public override void Finished()
        {
        }

        public override void Settle()
        {
        }

        public override ValueTask FlushAsync() => ValueTask.CompletedTask;

        public override ValueTask LeaseAsync() => ValueTask.CompletedTask;

        public override ValueTask RejectAsync(string reason) => ValueTask.CompletedTask;
    }
}
