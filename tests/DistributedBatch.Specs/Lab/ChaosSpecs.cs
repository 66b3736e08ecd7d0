using System.Globalization;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Text;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Lab;

/// <summary>
/// Kills everything that can die, at random times, while a run is active. The seed is printed: set <c>DBATCH_TEST_SEED</c> to repeat a failure. Set
/// <c>DBATCH_TEST_FAULTS</c> and <c>DBATCH_TEST_CHUNKS</c> for a longer soak.
/// </summary>
[Collection(nameof(LabBroker))]
public sealed class ChaosSpecs(PrivateBroker broker, ITestOutputHelper output)
{
    private static readonly int Chunks = Number("DBATCH_TEST_CHUNKS", 300);
    private static readonly string[] Hosts = ["one", "two", "far"];

    // An hour's soak fits; the waits inside have limits of their own.
    [Fact(Timeout = 7_200_000)]
    public async Task Every_chunk_is_settled_once_whatever_dies()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var seed = Number("DBATCH_TEST_SEED", Random.Shared.Next());
        var faults = Number("DBATCH_TEST_FAULTS", 9);
        output.WriteLine($"seed {seed}, {faults} faults");
        var chance = new Random(seed);
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await using var relay = new TcpRelay(lab.Broker);
        lab.StartProducer();
        await lab.StartTrackerAsync(cancellation);
        foreach (var host in Hosts)
            StartHost(host);
        var run = await lab.SubmitAsync(Chunks, "sh", "-c", "sleep 1.5; " + LabSpecs.WriteItem[2]);

        // The order is random, but every kind of fault occurs: a test that may leave one out proves little.
        (string Name, Func<Task> InjectAsync)[] kinds =
        [
            ("a host is killed", KillHostAsync),
            ("the producer is killed", KillProducerAsync),
            ("the tracker is killed", KillTrackerAsync),
            ("all connections are closed", CutConnectionsAsync),
            ("the broker is short of memory", ShortOfMemoryAsync),
            ("one host is cut off for longer than the heartbeat", PartitionAsync),
            ("the broker is killed", KillBrokerAsync),
            ("another host is killed", KillHostAsync),
            ("one host loses its connections", CutRelayAsync),
        ];
        for (var fault = 0; fault < faults; fault++)
        {
            if (fault % kinds.Length == 0)
                chance.Shuffle(kinds);
            var (name, injectAsync) = kinds[fault % kinds.Length];
            output.WriteLine($"{lab.Done} of {Chunks} outputs are there, and {name}");
            await injectAsync();
            await PassAsync(2);
        }

        var shown = await lab.SettledAsync(run, cancellation, TimeSpan.FromMinutes(4));
        await lab.AssertCompleteAsync(run, shown, Chunks, cancellation);
        await AssertSettledOnceAsync();
        await Eventually.HoldsAsync("no chunk is left on the broker", BrokerIsEmptyAsync, cancellation, TimeSpan.FromMinutes(1));

        async Task AssertSettledOnceAsync()
        {
            var attempts = await lab.AttemptsAsync(run, cancellation);
            var counted = attempts.Where(attempt => attempt is { Outcome: AttemptOutcome.Succeeded, Duplicate: false }).Select(attempt => attempt.Index).Order();
            Assert.Equal(Enumerable.Range(0, Chunks), counted);
            var ends = attempts.GroupBy(attempt => attempt.Outcome is { } outcome ? outcome.ToText() : "not reported").OrderBy(end => end.Key);
            output.WriteLine(
                $"{Chunks} chunks settled once each; {attempts.Count} attempts: {string.Join(", ", ends.Select(end => $"{end.Count()} {end.Key}"))}; "
                + $"{attempts.Count(attempt => attempt.Duplicate)} duplicates");
        }

        async Task<bool> BrokerIsEmptyAsync()
        {
            var queues = await broker.QueuesAsync(lab.Broker, cancellation);
            return queues.Where(queue => queue.Key.StartsWith("dbatch.chunks.", StringComparison.Ordinal)).All(queue => queue.Value is { Ready: 0, Unacknowledged: 0 });
        }

        void StartHost(string host) => lab.StartHost(host, host == "far" ? relay.Server : null);

        async Task KillHostAsync()
        {
            var host = Hosts[chance.Next(Hosts.Length)];
            await lab.KillAsync(host);
            StartHost(host);
        }

        async Task KillProducerAsync()
        {
            await lab.KillAsync("producer");
            await PassAsync(1);
            lab.StartProducer();
        }

        async Task KillTrackerAsync()
        {
            await lab.KillAsync("tracker");
            await PassAsync(1);
            await lab.StartTrackerAsync(cancellation);
        }

        Task CutConnectionsAsync() => broker.CloseConnectionsAsync(lab.Broker, cancellation);

        async Task ShortOfMemoryAsync()
        {
            await broker.RaiseMemoryAlarmAsync(cancellation);
            await PassAsync(3);
            await broker.ClearMemoryAlarmAsync(cancellation);
        }

        // Heartbeats are 15 s, and two must be missed.
        async Task PartitionAsync()
        {
            relay.Stall();
            await PassAsync(40);
            relay.CutOnce();
            relay.Heal();
        }

        async Task CutRelayAsync()
        {
            relay.Cut();
            await PassAsync(2);
            relay.Heal();
        }

        async Task KillBrokerAsync()
        {
            await broker.KillAsync(cancellation);
            await PassAsync(1);
            await broker.StartAgainAsync(cancellation);
        }

        // The duration of a fault is part of the fault, and random too. This is not a wait for a condition.
        Task PassAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds * (0.75 + (0.5 * chance.NextDouble()))), cancellation);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
