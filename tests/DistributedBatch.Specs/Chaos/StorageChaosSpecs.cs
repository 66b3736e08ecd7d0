using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Specs.Lab;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Postgres;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Chaos;

/// <summary>
/// A head on PostgreSQL, hosts with and without GPUs, a run on each resource class: database, clock, broker, driver and hosts fail, and the attempts themselves record that
/// no chunk ran again without a lost host. The seed is printed: set <c>DBATCH_TEST_SEED</c> to repeat a failure. It takes minutes, so <c>benchmarks/soak.sh</c> runs it and
/// <c>test.sh</c> says that it does not.
/// </summary>
[Trait("kind", "soak")]
[Collection(nameof(LabBroker))]
public sealed class StorageChaosSpecs(PrivateBroker broker, ITestOutputHelper output)
{
    private static readonly int Chunks = ChaosOptions.Chunks(40);
    private static readonly int GpuChunks = Chunks / 5;
    private static readonly int Outage = ChaosOptions.Outage(9);

    [Fact(Timeout = 7_200_000)]
    public async Task Every_chunk_is_settled_once_and_runs_again_only_after_a_lost_host()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var clock = new FakeClock();
        using var postgres = await PrivatePostgres.StartAsync(cancellation);
        await using var lab = await TestLab.CreateAsync(broker, cancellation, await postgres.CreateDatabaseAsync(cancellation), clock);
        var log = new AttemptLog(lab.Path("attempts"));
        var hangs = lab.Path("driver-hangs");
        lab.WriteProgram("nvidia-smi", $"[ -e {hangs} ] && exec sleep 600\ncase $1 in --query-gpu*) echo '0, Fake, 8192, 10'; echo '1, Fake, 8192, 10' ;; esac");

        // A chunk that runs for longer than that becomes a lease after two thirds of it.
        string[] leasing = ["--ack-timeout", $"{Outage * 2 / 3}s", "--drain", "3s"];
        await using var chaos = new ChaosLab(
            lab,
            broker,
            [
                new("plain", IsFar: false, leasing),
                new("mixed", IsFar: false, ["--gpus", "0", .. leasing]),
                new("far", IsFar: true, ["--gpus", "0,1", .. leasing]),
            ],
            output,
            cancellation);
        await lab.StartHeadAsync(cancellation);
        chaos.StartHosts();
        var run = await SubmitAsync(Chunks, ["--out", lab.Outputs], log.Job(seconds: 1.5, longSeconds: Outage * 0.9, every: 12));
        var gpuRun = await SubmitAsync(GpuChunks, ["--gpu", "1"], log.Job(seconds: 4, longSeconds: Outage * 0.9, every: 8));

        var leases = 0;
        Fault[] kinds = [
            new("PostgreSQL is restarted", () => RestartPostgresAsync(postgres.StopAsync, seconds: 1)),
            new("PostgreSQL crashes and is away for some seconds", () => RestartPostgresAsync(postgres.CrashAsync, seconds: 6)),
            new("the clock of the head is set back by an hour", () => SetClockAsync(TimeSpan.FromHours(-1))),
            new("the clock of the head is set forward by an hour", () => SetClockAsync(TimeSpan.FromHours(1))),
            new("the clock of the head is a day ahead for a moment", LeapAsync),
            new("the broker is stopped while chunks are leased", StopBrokerAsync),
            new("the driver of the cards hangs", HangDriverAsync),
            new("the head is killed", KillHeadAsync),
            new("a host is killed", chaos.KillHostAsync),
            new("a host is drained", chaos.DrainHostAsync),
            new("all connections are closed", chaos.CutConnectionsAsync),
            new("one host is cut off", () => chaos.PartitionAsync(Outage * 0.9)),
        ];
        await chaos.InjectAsync(ChaosOptions.Faults(3), kinds, () => $"{log.Read().Count(attempt => attempt.EndedAt is not null)} of {Chunks + GpuChunks} chunks are done");

        await AssertRunAsync(run, Chunks, lab.Outputs);
        await AssertRunAsync(gpuRun, GpuChunks, lab.Path($"head/runs/{gpuRun}/out"));
        var attempts = log.Read();
        AssertNone(AttemptLog.UnexplainedRepeats(attempts, chaos.Disturbances));
        AssertNone(AttemptLog.Overlaps(attempts, attempt => $"{attempt.Host} {attempt.Slot}"));
        AssertNone(AttemptLog.Overlaps(attempts, attempt => attempt.Gpu is { } card ? $"{attempt.Host} card {card}" : null));
        Assert.Empty(lab.Ended);
        await chaos.AssertBrokerIsEmptyAsync();
        await AssertSlotsAsync();
        var repeats = attempts.Count - attempts.Select(attempt => (attempt.Run, attempt.Index)).Distinct().Count();
        output.WriteLine($"{Chunks + GpuChunks} chunks settled once each; {attempts.Count} attempts, {repeats} of them after a lost host; {leases} chunks leased during outages");

        async Task<string> SubmitAsync(int total, string[] options, string[] job)
        {
            var ended = await lab.DbatchAsync(["submit", "--total", $"{total}", "--chunk", "1", "--retries", "20", "--crash-limit", "50", "--json", .. options, "--", .. job]);
            return ended.Json.GetProperty("run").GetString()!;
        }

        async Task RestartPostgresAsync(Func<CancellationToken, Task> endAsync, double seconds)
        {
            await endAsync(cancellation);
            await chaos.PassAsync(seconds);
            await postgres.StartAgainAsync(cancellation);
        }

        async Task SetClockAsync(TimeSpan offset)
        {
            clock.Set(offset);
            await chaos.PassAsync(4);
        }

        async Task LeapAsync()
        {
            await SetClockAsync(TimeSpan.FromDays(1));
            await SetClockAsync(TimeSpan.Zero);
        }

        async Task StopBrokerAsync()
        {
            for (var waited = 0; CountLeases() == 0 && waited < Outage; waited++)
                await chaos.PassAsync(1);
            leases += CountLeases();
            await chaos.KillBrokerAsync(Outage);
        }

        int CountLeases()
        {
            var now = Uptime.Now;
            return log.Read().Count(attempt => attempt.EndedAt is null && now - attempt.StartedAt > (Outage * 4 / 9.0) + 1 && now - attempt.StartedAt < Outage * 0.9);
        }

        async Task HangDriverAsync()
        {
            File.WriteAllText(hangs, "");
            await chaos.PassAsync(12);
            File.Delete(hangs);
        }

        async Task KillHeadAsync()
        {
            chaos.Disturbances.LoseHead();
            await lab.KillAsync("head");
            await chaos.PassAsync(1);
            await lab.StartHeadAsync(cancellation);
        }

        // Result, outputs and log that are shown are those of the attempt that counts, all three.
        async Task AssertRunAsync(string id, int chunks, string outputs)
        {
            var shown = await lab.SettledAsync(id, cancellation, TimeSpan.FromMinutes(6));
            await lab.AssertCompleteAsync(id, shown, chunks, cancellation, outputs);
            output.WriteLine($"{Uptime.Now:0.0} run {id}: {await chaos.AssertSettledOnceAsync(id, chunks)}");
            var attempts = await lab.AttemptsAsync(id, cancellation);
            Assert.Subset(chaos.Disturbances.LostHosts.ToHashSet(), attempts.Where(attempt => attempt.Outcome == AttemptOutcome.HostLost).Select(attempt => attempt.Host).ToHashSet());
            var repeated = attempts.GroupBy(attempt => attempt.Index).Where(chunk => chunk.Count() > 1).Select(chunk => chunk.Key).Take(5).ToHashSet();
            foreach (var winner in attempts.Where(attempt => attempt is { Outcome: AttemptOutcome.Succeeded, Duplicate: false }))
            {
                var signature = $"{winner.Attempt}@{winner.Host}";
                Assert.Equal($"\"{signature}\"", winner.Result);
                Assert.Equal(signature, File.ReadAllText(Path.Combine(outputs, $"{winner.Index}", "signature")));
                if (repeated.Contains(winner.Index))
                    Assert.Equal(signature, (await lab.DbatchAsync("logs", id, $"{winner.Index}")).Out);
            }
        }

        // Nothing runs any more and every slot is there.
        Task AssertSlotsAsync() => Eventually.HoldsAsync(
            "every host is online with free slots",
            async () => (await lab.DbatchAsync("hosts", "--json")).Json is { ValueKind: JsonValueKind.Array } hosts
                && hosts.EnumerateArray().Select(Describe).Order().SequenceEqual(["far 4 slots 2 for cards 0 running", "mixed 3 slots 1 for cards 0 running", "plain 2 slots 0 for cards 0 running"]),
            cancellation);

        // xunit would cut the sentences off.
        static void AssertNone(IReadOnlyList<string> faults) => Assert.True(faults.Count == 0, string.Join('\n', faults));

        static string Describe(JsonElement host)
        {
            var status = host.GetProperty("host");
            return $"{status.GetProperty("name")} {status.GetProperty("slots")} slots {status.GetProperty("gpuSlots")} for cards {host.GetProperty("running").GetArrayLength()} running";
        }
    }
}
