using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Gpus;

/// <summary>A consumer with cards, as a fake <c>nvidia-smi</c> tells of them.</summary>
public sealed class GpuLaneTests : IDisposable
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
            await harness.FeedAsync(job, index);
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
        await harness.FeedAsync(job, 0);
        await harness.FeedAsync(job, 1);
        await Eventually.HoldsAsync("both run on the card", () => Cards(harness).SequenceEqual(["0\n", "0\n"]), test);
        harness.Directory.Write("go", "");
        await harness.EndedAsync();
        await harness.EndedAsync();
    }

    private static string[] Cards(ConsumerHarness harness) => [.. Directory.GetFiles(harness.Directory.Path, "go.*").Where(file => Path.GetFileName(file) != "go").Select(File.ReadAllText)];

    private Task<ConsumerHarness> StartAsync(int cards, CancellationToken test)
    {
        var smi = files.Write("nvidia-smi", "#!/bin/sh\n" + string.Concat(Enumerable.Range(0, cards).Select(card => $"echo '{card}, Fake, 8192, 10'\n")));
        File.SetUnixFileMode(smi, (UnixFileMode)0b111_101_101);
        return ConsumerHarness.StartAsync(test, options =>
        {
            options.NvidiaSmi = smi;
            options.Heartbeat = TimeSpan.FromMilliseconds(100);
        });
    }
}
