using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuDeskTests : IDisposable
{
    private readonly FakeRocmSmi smi = new();
    private readonly TempDirectory directory = new();
    private readonly RunId run = RunId.New();

    public void Dispose()
    {
        smi.Dispose();
        directory.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_process_holds_of_AMD_cards_is_its_attempts_although_the_driver_does_not_say_on_which_card()
    {
        var test = TestContext.Current.CancellationToken;
        smi.Cards(new FakeCard(UsedBytes: 10L << 30));
        smi.Process(Environment.ProcessId, 3L << 30);
        var desk = new GpuAllocator(new ConsumerOptions { Host = "box" }, new GpuProbe("no-such-driver-program", smi.Path), TimeProvider.System, NullLogger<GpuAllocator>.Instance);
        await DuringAsync(desk, () => Eventually.HoldsAsync("the card is found", () => desk.Status().Count == 1, test), test);

        var attempt = Attempt();
        attempt.Process = Environment.ProcessId;
        var lease = (await desk.TakeAsync(attempt))!;
        await DuringAsync(desk, () => Eventually.HoldsAsync("it was measured", () => smi.Asked("--showpids") > 1, test), test);
        desk.Return(lease, attempt.Report("box") with { Outcome = AttemptOutcome.Succeeded });

        // 7 GiB are others', and the next two need about 3 each.
        Assert.Equal((GpuMaker.Amd, "0"), (lease.Maker, lease.VisibleDevices));
        Assert.NotNull(await desk.TakeAsync(Attempt()));
        Assert.NotNull(await desk.TakeAsync(Attempt()));
    }

    private static async Task DuringAsync(GpuAllocator desk, Func<Task> what, CancellationToken test)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(test);
        var running = desk.RunAsync(end.Token);
        await what();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private ActiveAttempt Attempt()
    {
        var job = new JobSpec { Command = ["true"], Gpus = 1, SharesGpu = true };
        var chunk = new RunChunk { Run = run, Index = 0, Start = 0, Count = 1, Total = 10, Attempt = 1, Job = job };
        return new ActiveAttempt(new Delivery { Chunk = chunk }, 0, DateTimeOffset.UnixEpoch, new SlotScratch(directory.Path));
    }

    private sealed class Delivery : ChunkDelivery
    {
        public override CancellationToken Lost => CancellationToken.None;

        public override void Done()
        {
        }

        public override ValueTask FlushAsync() => ValueTask.CompletedTask;

        public override ValueTask RejectAsync(string reason) => ValueTask.CompletedTask;
    }
}
