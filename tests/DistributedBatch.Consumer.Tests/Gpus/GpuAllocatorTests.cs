using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Tests.Attempts;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuAllocatorTests : IDisposable
{
    private readonly FakeRocmSmi smi = new();
    private readonly RunId run = RunId.New();

    public void Dispose() => smi.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Memory_of_a_process_on_AMD_cards_counts_for_its_attempt_although_the_driver_names_no_card()
    {
        var test = TestContext.Current.CancellationToken;
        smi.Cards(new FakeCard(UsedBytes: 10L << 30));
        smi.Process(Environment.ProcessId, 3L << 30);
        var allocator = new GpuAllocator(new GpuOptions(null), new GpuProbe("no-such-driver-program", smi.Path), TestAttempt.Troubles(), TimeProvider.System, NullLogger<GpuAllocator>.Instance);
        await DuringAsync(allocator, () => Eventually.HoldsAsync("the card is found", () => allocator.Status().Count == 1, test), test);

        var attempt = Attempt();
        attempt.Process.Started(Environment.ProcessId);
        var lease = (await allocator.AcquireAsync(attempt))!;
        await DuringAsync(allocator, () => Eventually.HoldsAsync("it was measured", () => smi.Asked("--showpids") > 1, test), test);
        allocator.Release(lease, attempt.StartReport() with { Outcome = AttemptOutcome.Succeeded });

        // 7 GiB are foreign, and the next two attempts need about 3 GiB each.
        Assert.Equal((GpuMaker.Amd, "0"), (lease.Maker, lease.VisibleDevices));
        Assert.NotNull(await allocator.AcquireAsync(Attempt()));
        Assert.NotNull(await allocator.AcquireAsync(Attempt()));
    }

    private static async Task DuringAsync(GpuAllocator allocator, Func<Task> what, CancellationToken test)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(test);
        var running = allocator.RunAsync(end.Token);
        await what();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private ActiveAttempt Attempt() => TestAttempt.Create(run: run, job: new JobSpec { Command = ["true"], Gpus = 1, SharesGpu = true });
}
