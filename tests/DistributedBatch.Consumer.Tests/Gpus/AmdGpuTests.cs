using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Gpus;

/// <summary>A consumer with AMD cards, which a fake <c>rocm-smi</c> lists.</summary>
public sealed class AmdGpuTests : IDisposable
{
    private const string ShowVariables = "echo \"$HIP_VISIBLE_DEVICES,$CUDA_VISIBLE_DEVICES,$ROCR_VISIBLE_DEVICES,$CUDA_DEVICE_ORDER\"";
    private const string UntilGo = "while [ ! -e $0 ]; do sleep 0.01; done";

    private readonly FakeRocmSmi smi = new();

    public void Dispose() => smi.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Each_attempt_gets_a_card_of_its_own_in_the_one_variable_that_HIP_reads()
    {
        var test = TestContext.Current.CancellationToken;
        smi.Cards(new FakeCard(Node: 7), new FakeCard(Node: 4), new FakeCard(Node: 5, UsedBytes: null), new FakeCard(Node: 6));
        await using var harness = await StartAsync(test);
        var job = Job($"{ShowVariables} > $0.$DBATCH_CHUNK; {UntilGo}", harness, gpus: 1);
        for (var index = 0; index < 4; index++)
            await harness.PublishAsync(job, index);
        await Eventually.HoldsAsync("three run, none on the ill card", () => Written(harness).Order().SequenceEqual(["0,,,\n", "2,,,\n", "3,,,\n"]), test);
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Host.Gpus.Select(gpu => (gpu.Index, gpu.Name, gpu.Attempts)).SequenceEqual([(0, "Fake 1", 1), (2, "Fake 3", 1), (3, "Fake 0", 1)]))
                break;
        }

        Assert.Equal(3, Written(harness).Length);
        harness.Directory.Write("go", "");
        for (var index = 0; index < 4; index++)
            Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
        Assert.Equal(4, Written(harness).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Halves_share_a_card_and_two_cards_are_named_together()
    {
        var test = TestContext.Current.CancellationToken;
        smi.Cards(new FakeCard(), new FakeCard());
        await using var harness = await StartAsync(test);
        await harness.PublishAsync(Job($"echo $1 $HIP_VISIBLE_DEVICES > $0.$DBATCH_CHUNK; {UntilGo}", harness, gpus: 2), 0);
        await Eventually.HoldsAsync("one has both", () => Written(harness).SequenceEqual(["0,1 0,1\n"]), test);
        harness.Directory.Write("go", "");
        await harness.EndedAsync();
        File.Delete(harness.Directory["go"]);

        var half = Job($"echo $HIP_VISIBLE_DEVICES > $0.$DBATCH_CHUNK; {UntilGo}", harness, gpus: 0.5);
        for (var index = 1; index <= 4; index++)
            await harness.PublishAsync(half, index);
        await Eventually.HoldsAsync("two on each", () => Written(harness).Order().Take(4).SequenceEqual(["0\n", "0\n", "0,1 0,1\n", "1\n"]) && Written(harness).Length == 5, test);
        harness.Directory.Write("go", "");
        for (var index = 1; index <= 4; index++)
            await harness.EndedAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_card_that_vanishes_is_not_leased_again_and_its_attempt_ends_as_usual()
    {
        var test = TestContext.Current.CancellationToken;
        smi.Cards(new FakeCard(Node: 1), new FakeCard(Node: 2));
        await using var harness = await StartAsync(test);
        await harness.PublishAsync(Job($"echo $HIP_VISIBLE_DEVICES > $0.$DBATCH_CHUNK; {UntilGo}", harness, gpus: 1), 0);
        await Eventually.HoldsAsync("it runs on the first", () => Written(harness).SequenceEqual(["0\n"]), test);

        smi.Cards(new FakeCard(Node: 1, UsedBytes: null), new FakeCard(Node: 2));
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Host.Gpus is [{ Index: 1 }])
                break;
        }

        harness.Directory.Write("go", "");
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
        for (var index = 1; index <= 2; index++)
        {
            await harness.RunAsync(Job("echo $HIP_VISIBLE_DEVICES > $0.$DBATCH_CHUNK", harness, gpus: 1), chunk => chunk with { Index = index });
            Assert.Equal("1\n", await File.ReadAllTextAsync(harness.Directory[$"go.{index}"], test));
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("HIP_VISIBLE_DEVICES", "5,,,\n")]
    [InlineData("CUDA_VISIBLE_DEVICES", ",5,,\n")]
    [InlineData("ROCR_VISIBLE_DEVICES", ",,5,\n")]
    public async Task A_variable_that_the_user_set_is_the_only_one(string name, string expected)
    {
        var test = TestContext.Current.CancellationToken;
        smi.Cards(new FakeCard());
        await using var harness = await StartAsync(test);

        await harness.RunAsync(Job($"{ShowVariables} > $0.0", harness, gpus: 1) with { Env = new Dictionary<string, string> { [name] = "5" } });

        Assert.Equal([expected], Written(harness));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_that_runs_out_of_GPU_memory_is_reported_as_out_of_memory()
    {
        smi.Cards(new FakeCard());
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var report = await harness.RunAsync(Job("echo 'torch.OutOfMemoryError: HIP out of memory. Tried to allocate 20.00 GiB.' >&2; exit 1", harness, gpus: 1));

        Assert.Equal(AttemptOutcome.OutOfMemory, report.Outcome);
        Assert.Contains("The memory of GPU 0 of box ran out", report.Error, StringComparison.Ordinal);
    }

    private static JobSpec Job(string script, ConsumerHarness harness, double gpus) =>
        new() { Command = ["/bin/sh", "-c", script, harness.Directory["go"], "{gpu}"], Gpus = gpus };

    private static string[] Written(ConsumerHarness harness) =>
        [.. Directory.GetFiles(harness.Directory.Path, "go.*").Where(file => Path.GetFileName(file) != "go").Select(File.ReadAllText)];

    private Task<ConsumerHarness> StartAsync(CancellationToken test) => ConsumerHarness.StartAsync(test, options =>
    {
        options.NvidiaSmi = "no-such-driver-program";
        options.RocmSmi = smi.Path;
        options.Heartbeat = TimeSpan.FromMilliseconds(100);
    });
}
