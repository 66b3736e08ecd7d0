using DistributedBatch.TestKit.Broker;

namespace DistributedBatch.Specs.Lab;

[Collection(nameof(LabBroker))]
public sealed class LabSpecs(PrivateBroker broker)
{
    /// <summary>Writes the number of its item into the output directory.</summary>
    internal static readonly string[] WriteItem = ["sh", "-c", "printf %s \"$DBATCH_START\" > \"$DBATCH_OUT/item\""];

    [Fact(Timeout = 240_000)]
    public async Task A_run_over_three_hosts_settles_every_chunk_once()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        foreach (var host in new[] { "one", "two", "three" })
            lab.StartHost(host);

        var run = await lab.SubmitAsync(60, WriteItem);

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 60, cancellation);
    }

    [Fact(Timeout = 240_000)]
    public async Task Logs_and_outputs_of_a_host_are_at_the_head_whatever_their_size()
    {
        const string Script = """
            [ $DBATCH_START = 0 ] && printf 'a little' || seq 2000
            echo a word >&2
            printf %s $DBATCH_START > "$DBATCH_OUT/item"
            """;
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");

        var submitted = await lab.DbatchAsync("submit", "--total", "2", "--watch", "--json", "--", "sh", "-c", Script);

        var run = submitted.Json.GetProperty("run").GetString()!;
        Assert.Equal("a little", (await lab.DbatchAsync("logs", run, "0")).Out);
        var second = await lab.DbatchAsync("logs", run, "1");
        Assert.EndsWith("\n1999\n2000\n", second.Out, StringComparison.Ordinal);
        Assert.Equal("a word\n", second.Err);
        Assert.Equal(["0", "1"], new[] { 0, 1 }.Select(index => File.ReadAllText(lab.Path($"head/runs/{run}/out/{index}/item"))));
        Assert.False(Directory.Exists(lab.Path($"one/runs/{run}/logs")) && Directory.EnumerateFiles(lab.Path($"one/runs/{run}/logs")).Any());
    }

    [Fact(Timeout = 240_000)]
    public async Task Neither_head_nor_host_has_file_watches_on_runs()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");
        await lab.SettledAsync(await lab.SubmitAsync(2, WriteItem), cancellation);

        Assert.Equal((0, 0), (lab.WatchesOf("head"), lab.WatchesOf("one")));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_run_that_needs_a_GPU_runs_on_the_host_that_has_one()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        lab.WriteProgram("nvidia-smi", "case $1 in --query-gpu*) echo '0, Fake, 8192, 10' ;; esac");
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("plain");
        lab.StartHost("card", broker: null, "--gpus", "0");

        await lab.DbatchAsync("submit", "--gpu", "1", "--total", "3", "--watch", "--out", lab.Outputs, "--", "sh", "-c", "printf %s \"$DBATCH_HOST$CUDA_VISIBLE_DEVICES\" >$DBATCH_OUT/item");

        Assert.Equal(["card0", "card0", "card0"], Directory.EnumerateFiles(lab.Outputs, "item", SearchOption.AllDirectories).Select(File.ReadAllText));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_run_without_a_host_waits_for_one()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        var run = await lab.SubmitAsync(5, WriteItem);

        lab.StartHost("late");

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 5, cancellation);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_chunk_whose_host_is_killed_runs_on_another()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("dying");
        var run = await lab.SubmitAsync(2, "sh", "-c", "[ $DBATCH_HOST = dying ] && exec sleep 600; " + WriteItem[2]);
        await TestKit.Waiting.Eventually.HoldsAsync(
            "the attempts run", () => TestKit.Processes.ProcessKiller.WithEnvironment($"DBATCH_RUN={run}").Count >= 2, cancellation);

        await lab.KillAsync("dying");
        lab.StartHost("heir");

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 2, cancellation);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_where_chunks_fail_that_succeed_elsewhere_is_on_hold_with_the_reason()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("good");
        lab.StartHost("bad");
        var run = await lab.SubmitAsync(
            400, "sh", "-c", "[ $DBATCH_HOST = bad ] && { echo no such library >&2; exit 1; }; while [ ! -e " + lab.Path("go") + " ] && [ $DBATCH_START -gt 100 ]; do sleep 0.05; done; " + WriteItem[2]);

        await TestKit.Waiting.Eventually.HoldsAsync(
            "the bad host is on hold",
            async () => (await lab.DbatchAsync("hosts")).Out.Contains("on hold: run " + run, StringComparison.Ordinal),
            cancellation,
            TimeSpan.FromSeconds(90));
        Assert.Contains("no such library", (await lab.DbatchAsync("explain", run)).Out, StringComparison.Ordinal);

        await File.WriteAllTextAsync(lab.Path("go"), "", cancellation);
        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 400, cancellation);
    }
}
