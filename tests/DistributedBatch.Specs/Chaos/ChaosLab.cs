using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Specs.Lab;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Chaos;

/// <summary>A lab whose hosts, connections and broker fail, in an order that the seed decides. What may make chunks run again is recorded.</summary>
internal sealed class ChaosLab(TestLab lab, PrivateBroker broker, IReadOnlyList<ChaosHost> hosts, ITestOutputHelper output, CancellationToken cancellation) : IAsyncDisposable
{
    private readonly TcpRelay relay = new(lab.Broker);
    private readonly Random chance = new(ChaosOptions.Seed);

    /// <summary>What may make chunks run again.</summary>
    public Disturbances Disturbances { get; } = new();

    /// <summary>Starts all hosts.</summary>
    public void StartHosts()
    {
        foreach (var host in hosts)
            Start(host);
    }

    /// <summary>Injects one fault after the other. The order is random, but every kind occurs when there are enough: a test that may leave one out proves little.</summary>
    /// <param name="faults">How many.</param>
    /// <param name="kinds">The kinds.</param>
    /// <param name="progress">How far the work is, as the first half of a sentence.</param>
    public async Task InjectAsync(int faults, Fault[] kinds, Func<string> progress)
    {
        output.WriteLine($"seed {ChaosOptions.Seed}, {faults} faults");
        for (var fault = 0; fault < faults; fault++)
        {
            if (fault % kinds.Length == 0)
                chance.Shuffle(kinds);
            var (name, injectAsync) = kinds[fault % kinds.Length];
            output.WriteLine($"{Uptime.Now:0.0} {progress()}, and {name}");
            await injectAsync();
            await PassAsync(2);
        }
    }

    /// <summary>The duration of a fault is part of the fault, and random too. This is not a wait for a condition.</summary>
    public Task PassAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds * (0.75 + (0.5 * chance.NextDouble()))), cancellation);

    /// <summary><c>kill -9</c> of a host, which is started again.</summary>
    public async Task KillHostAsync()
    {
        var host = AnyHost();
        await Disturbances.LoseHostAsync(host.Name, () => lab.KillAsync(host.Name));
        Start(host);
    }

    /// <summary>A host stops when it is asked to, and is started again.</summary>
    public async Task DrainHostAsync()
    {
        var host = AnyHost();
        await Disturbances.LoseHostAsync(host.Name, () => lab.StopAsync(host.Name));
        Start(host);
    }

    /// <summary>The far host is cut off without knowing it. From some 30 s on it counts as lost.</summary>
    public async Task PartitionAsync(double seconds)
    {
        foreach (var far in hosts.Where(host => host.IsFar))
            await Disturbances.LoseHostAsync(far.Name, StallAsync);

        async Task StallAsync()
        {
            relay.Stall();
            await PassAsync(seconds);
            relay.CutOnce();
            relay.Heal();
        }
    }

    /// <summary>The far host loses its connections, and cannot open others for a while.</summary>
    public async Task CutRelayAsync()
    {
        relay.Cut();
        await PassAsync(2);
        relay.Heal();
    }

    /// <summary>Everybody loses all connections.</summary>
    public Task CutConnectionsAsync() => broker.CloseConnectionsAsync(lab.Broker, cancellation);

    /// <summary>The broker takes no messages for a while.</summary>
    public Task RunShortOfMemoryAsync() => Disturbances.LoseBrokerAsync(async () =>
    {
        await broker.RaiseMemoryAlarmAsync(cancellation);
        await PassAsync(3);
        await broker.ClearMemoryAlarmAsync(cancellation);
    });

    /// <summary><c>kill -9</c> of the broker, which is started again after some seconds.</summary>
    public Task KillBrokerAsync(double seconds) => Disturbances.LoseBrokerAsync(async () =>
    {
        await broker.KillAsync(cancellation);
        await PassAsync(seconds);
        await broker.StartAgainAsync(cancellation);
    });

    /// <summary>Asserts that the broker has no chunk any more.</summary>
    public Task AssertBrokerIsEmptyAsync()
    {
        return Eventually.HoldsAsync("no chunk is left on the broker", IsEmptyAsync, cancellation, TimeSpan.FromMinutes(1));

        async Task<bool> IsEmptyAsync()
        {
            var queues = await broker.QueuesAsync(lab.Broker, cancellation);
            return queues.Where(queue => queue.Key.StartsWith("dbatch.chunks.", StringComparison.Ordinal)).All(queue => queue.Value is { Ready: 0, Unacknowledged: 0 });
        }
    }

    /// <summary>Asserts that each chunk of a run succeeded once by the tracker's account, and gives what became of the attempts in words.</summary>
    public async Task<string> AssertSettledOnceAsync(string run, int chunks)
    {
        var attempts = await lab.AttemptsAsync(run, cancellation);
        var counted = attempts.Where(attempt => attempt is { Outcome: AttemptOutcome.Succeeded, Duplicate: false }).Select(attempt => attempt.Index).Order();
        Assert.Equal(Enumerable.Range(0, chunks), counted);
        var ends = attempts.GroupBy(attempt => attempt.Outcome is { } outcome ? outcome.ToText() : "not reported").OrderBy(end => end.Key);
        return $"{chunks} chunks settled once each; {attempts.Count} attempts: {string.Join(", ", ends.Select(end => $"{end.Count()} {end.Key}"))}; "
            + $"{attempts.Count(attempt => attempt.Duplicate)} duplicates";
    }

    public ValueTask DisposeAsync() => relay.DisposeAsync();

    private ChaosHost AnyHost() => hosts[chance.Next(hosts.Count)];

    private void Start(ChaosHost host) => lab.StartHost(host.Name, host.IsFar ? relay.Server : null, host.Options);
}
