using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Gpus;

/// <summary>A consumer with NVIDIA cards, which a fake <c>nvidia-smi</c> lists.</summary>
public sealed class NvidiaGpuTests : IDisposable
{
    private readonly TempDirectory files = new();

    public void Dispose() => files.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Each_attempt_gets_a_card_of_its_own_and_the_next_one_waits_for_one()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await StartAsync(cards: 2, test);
        var job = new JobSpec { Command = ["/bin/sh", "-c", "echo $CUDA_VISIBLE_DEVICES > $0.$DBATCH_CHUNK; while [ ! -e $0 ]; do sleep 0.01; done", harness.Directory["go"]], Gpus = 1 };
        for (var index = 0; index < 3; index++)
            await harness.PublishAsync(job, index);
        await Eventually.HoldsAsync("two run", () => Cards(harness).Length == 2, test);
        await Eventually.HoldsAsync("on different cards", () => Cards(harness).Order().SequenceEqual(["0\n", "1\n"]), test);
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Host.Gpus.Count == 2 && beat.Host.Classes.Contains("gpu"))
                break;
        }

        Assert.Equal(2, Cards(harness).Length);
        harness.Directory.Write("go", "");
        for (var index = 0; index < 3; index++)
            Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
        Assert.Equal(3, Cards(harness).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_halves_share_a_card()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await StartAsync(cards: 1, test);
        var job = new JobSpec { Command = ["/bin/sh", "-c", "echo $1 > $0.$DBATCH_CHUNK; while [ ! -e $0 ]; do sleep 0.01; done", harness.Directory["go"], "{gpu}"], Gpus = 0.5 };
        await harness.PublishAsync(job, 0);
        await harness.PublishAsync(job, 1);
        await Eventually.HoldsAsync("both run on the card", () => Cards(harness).SequenceEqual(["0\n", "0\n"]), test);
        harness.Directory.Write("go", "");
        await harness.EndedAsync();
        await harness.EndedAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_card_is_shared_by_as_many_attempts_as_their_measured_memory_allows()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await StartAsync(cards: 1, test);
        var job = new JobSpec { Command = ["/bin/sh", "-c", "echo > $0.$DBATCH_CHUNK; while [ ! -e $0 ]; do sleep 0.01; done", harness.Directory["go"]], Gpus = 1, SharesGpu = true };
        await harness.PublishAsync(job, 0);
        await Eventually.HoldsAsync("the first runs alone", () => Cards(harness).Length == 1, test);
        Write(cards: 1, usedMebibytes: 2000);
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Host.Gpus is [{ MemoryUsedBytes: 2000L << 20 }])
                break;
        }

        // After its success, the next two attempts may share the card.
        harness.Directory.Write("go", "");
        await harness.EndedAsync();
        File.Delete(harness.Directory["go"]);
        await harness.PublishAsync(job, 1);
        await harness.PublishAsync(job, 2);
        await Eventually.HoldsAsync("two run on the card", () => Cards(harness).Length == 3, test);
        harness.Directory.Write("go", "");
        await harness.EndedAsync();
        await harness.EndedAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_that_runs_out_of_GPU_memory_alone_is_reported_as_out_of_memory()
    {
        await using var harness = await StartAsync(cards: 1, TestContext.Current.CancellationToken);
        var report = await harness.RunAsync(new JobSpec { Command = ["/bin/sh", "-c", "echo 'torch.cuda.OutOfMemoryError: CUDA out of memory.' >&2; exit 1"], Gpus = 1 });
        Assert.Equal(AttemptOutcome.OutOfMemory, report.Outcome);
        Assert.Contains("The memory of GPU 0 of box ran out", report.Error, StringComparison.Ordinal);
    }

    private static string[] Cards(ConsumerHarness harness) => [.. Directory.GetFiles(harness.Directory.Path, "go.*").Where(file => Path.GetFileName(file) != "go").Select(File.ReadAllText)];

    private Task<ConsumerHarness> StartAsync(int cards, CancellationToken test)
    {
        var smi = Write(cards, usedMebibytes: 10);
        return ConsumerHarness.StartAsync(test, options =>
        {
            options.NvidiaSmi = smi;
            options.Heartbeat = TimeSpan.FromMilliseconds(100);
        });
    }

    private string Write(int cards, int usedMebibytes)
    {
        // Replaced in one step, because the consumer may start it at any moment.
        var lines = Enumerable.Range(0, cards).Select(card => $"echo '{card}, Fake, 8192, {usedMebibytes}'\n");
        var smi = files.Write("nvidia-smi.new", $"#!/bin/sh\ncase $1 in --query-gpu*) {string.Concat(lines).Trim().Replace("\n", ";", StringComparison.Ordinal)} ;; esac\n");
        File.SetUnixFileMode(smi, (UnixFileMode)0b111_101_101);
        File.Move(smi, files["nvidia-smi"], overwrite: true);
        return files["nvidia-smi"];
    }
}
