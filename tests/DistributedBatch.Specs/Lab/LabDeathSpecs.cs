using System.Globalization;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Lab;

/// <summary>One of the services is down or slow.</summary>
[Collection(nameof(LabBroker))]
public sealed class LabDeathSpecs(PrivateBroker broker)
{
    [Fact(Timeout = 240_000)]
    public async Task A_run_continues_without_the_tracker_which_catches_up_afterwards()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        lab.StartProducer();
        await lab.StartTrackerAsync(cancellation);
        var run = await lab.SubmitAsync(20, LabSpecs.WriteItem);
        await lab.KillAsync("tracker");
        lab.StartHost("one");
        await Eventually.HoldsAsync("all outputs are there", () => lab.Done == 20, cancellation, TimeSpan.FromMinutes(1));

        await lab.StartTrackerAsync(cancellation);

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 20, cancellation);
    }

    [Fact(Timeout = 240_000)]
    public async Task Dispatched_chunks_finish_without_the_producer_and_the_rest_after_its_return()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        lab.StartProducer();
        await lab.StartTrackerAsync(cancellation);
        var run = await lab.SubmitAsync(100, LabSpecs.WriteItem);
        await lab.ShowsAsync(run, "dispatched up to its window", view => view.GetProperty("chunks").GetProperty("queued").GetInt32() > 0, cancellation);
        await lab.KillAsync("producer");

        lab.StartHost("one");
        await Eventually.HoldsAsync("the queue is empty", QueueIsEmptyAsync, cancellation, TimeSpan.FromMinutes(1));
        Assert.InRange(lab.Done, 1, 99);
        lab.StartProducer();

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 100, cancellation);

        async Task<bool> QueueIsEmptyAsync() => (await broker.QueuesAsync(lab.Broker, cancellation))["dbatch.chunks.cpu"] is { Ready: 0, Unacknowledged: 0 } && lab.Done > 0;
    }

    [Fact(Timeout = 240_000)]
    public async Task A_chunk_that_kills_its_hosts_fails_after_five_of_them_confirmed_its_start_and_the_others_succeed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);

        // The chunk kills its host at once, so that the chunk in the other slot is lost every time.
        var run = await lab.SubmitAsync(
            10, "sh", "-c", $"[ $DBATCH_START = 3 ] && kill -9 $(cat {lab.Path("pid")}) && sleep 60; " + LabSpecs.WriteItem[2]);

        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var restarting = RestartAsync();
        var shown = await lab.SettledAsync(run, cancellation);
        await settled.CancelAsync();
        var deaths = await restarting;

        var attempts = (await lab.AttemptsAsync(run, cancellation)).Where(attempt => attempt.Index == 3).ToList();
        Assert.Equal((9, 1), (shown.GetProperty("chunks").GetProperty("succeeded").GetInt32(), shown.GetProperty("chunks").GetProperty("failed").GetInt32()));
        Assert.Equal(AttemptOutcome.HostLost, attempts[^1].Outcome);
        // The first host died before it could report the start, which proves nothing.
        Assert.Equal(6, deaths);

        // Restarts the host as systemd does.
        async Task<int> RestartAsync()
        {
            for (var count = 0; ; count++)
            {
                var host = lab.StartHost("dying");
                File.WriteAllText(lab.Path("pid"), host.Pid.ToString(CultureInfo.InvariantCulture));
                if (await Task.WhenAny(host.End, Task.Delay(Timeout.Infinite, settled.Token)) != host.End)
                    return count;
            }
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_head_that_starts_without_a_broker_answers_says_why_and_stops_when_asked()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation, new Uri($"amqp://guest:guest@127.0.0.1:{FreePort.Next()}/"));

        var doctor = await lab.TryAsync("doctor", "--server", lab.Server);
        var ended = await lab.StopAsync("head").WaitAsync(TimeSpan.FromSeconds(40), cancellation);

        Assert.Contains("not connected", doctor.Out + doctor.Err, StringComparison.Ordinal);
        Assert.Equal(0, ended.ExitCode);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_leased_chunk_survives_a_stop_of_the_broker_for_45_seconds_and_runs_once()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one", broker: null, "--ack-timeout", "6s");
        var submitted = await lab.DbatchAsync(
            "submit", "--total", "1", "--crash-limit", "1", "--out", lab.Outputs, "--json", "--", "sh", "-c", $"while [ ! -e {lab.Path("go")} ]; do sleep 0.1; done; " + LabSpecs.WriteItem[2]);
        var run = submitted.Json.GetProperty("run").GetString()!;
        await Eventually.HoldsAsync(
            "the chunk is leased", async () => (await broker.QueuesAsync(lab.Broker, cancellation))["dbatch.chunks.cpu"] is { Unacknowledged: 0, Ready: 0 }
                && ProcessKiller.WithEnvironment($"DBATCH_RUN={run}").Count > 0, cancellation, TimeSpan.FromMinutes(1));

        // The length of the outage is what matters: hosts count as lost after 30 s.
        await broker.KillAsync(cancellation);
        await Task.Delay(TimeSpan.FromSeconds(45), cancellation);
        await broker.StartAgainAsync(cancellation);
        File.WriteAllText(lab.Path("go"), "");

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 1, cancellation);
        Assert.Equal([1], (await lab.AttemptsAsync(run, cancellation)).Select(attempt => attempt.Attempt));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_with_nothing_to_report_stops_without_the_broker()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await using var relay = new TcpRelay(lab.Broker);
        await lab.StartHeadAsync(cancellation);
        var host = lab.StartHost("far", relay.Server);
        await lab.SettledAsync(await lab.SubmitAsync(2, LabSpecs.WriteItem), cancellation);
        relay.Cut();
        await Eventually.HoldsAsync("the host misses the broker", () => host.ErrorLines.Any(line => line.Contains("Lost the broker", StringComparison.Ordinal)), cancellation);

        host.Signal(ProcessKiller.Sigterm);

        Assert.Equal(0, (await host.End.WaitAsync(TimeSpan.FromMinutes(1), cancellation)).ExitCode);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_that_cannot_report_stops_at_the_second_signal_and_its_chunks_run_elsewhere()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await using var relay = new TcpRelay(lab.Broker);
        await lab.StartHeadAsync(cancellation);
        var host = lab.StartHost("far", relay.Server);
        var run = await lab.SubmitAsync(2, "sh", "-c", $"while [ ! -e {lab.Path("go")} ]; do sleep 0.05; done; " + LabSpecs.WriteItem[2]);
        await Eventually.HoldsAsync("both attempts run", () => ProcessKiller.WithEnvironment($"DBATCH_RUN={run}").Count >= 2, cancellation);
        relay.Cut();
        File.WriteAllText(lab.Path("go"), "");
        await Eventually.HoldsAsync("both are done", () => lab.Done == 2, cancellation);

        host.Signal(ProcessKiller.Sigterm);
        await Eventually.HoldsAsync("the host is stopping", () => host.ErrorLines.Any(line => line.Contains("a second request stops it at once", StringComparison.Ordinal)), cancellation);
        host.Signal(ProcessKiller.Sigterm);

        Assert.Contains("reports are given up", (await host.End.WaitAsync(TimeSpan.FromMinutes(1), cancellation)).Err, StringComparison.Ordinal);
        lab.StartHost("heir");
        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 2, cancellation);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_chunk_longer_than_the_brokers_default_timeout_runs_once()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await broker.SetConsumerTimeoutAsync(TimeSpan.FromSeconds(6), cancellation);
        try
        {
            await using var lab = await TestLab.CreateAsync(broker, cancellation);
            await lab.StartHeadAsync(cancellation);
            foreach (var host in new[] { "one", "two" })
                lab.StartHost(host, broker: null, "--ack-timeout", "6s");

            var run = await lab.SubmitAsync(2, "sh", "-c", "sleep 9; " + LabSpecs.WriteItem[2]);

            await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), 2, cancellation);
            Assert.Equal([(0, 1), (1, 1)], (await lab.AttemptsAsync(run, cancellation)).Select(attempt => (attempt.Index, attempt.Attempt)));
        }
        finally
        {
            await broker.SetConsumerTimeoutAsync(TimeSpan.FromHours(25), CancellationToken.None);
        }
    }
}
