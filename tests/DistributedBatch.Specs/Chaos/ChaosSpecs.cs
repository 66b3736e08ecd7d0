using DistributedBatch.Specs.Lab;
using DistributedBatch.TestKit.Broker;

namespace DistributedBatch.Specs.Chaos;

/// <summary>Kills everything that can die, at random times, while a run is active. The seed is printed: set <c>DBATCH_TEST_SEED</c> to repeat a failure.</summary>
[Collection(nameof(LabBroker))]
public sealed class ChaosSpecs(PrivateBroker broker, ITestOutputHelper output)
{
    // An hour's soak fits; the waits inside have limits of their own.
    [Fact(Timeout = 7_200_000)]
    public async Task Every_chunk_is_settled_once_whatever_dies()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var chunks = ChaosOptions.Chunks(300);
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await using var chaos = new ChaosLab(lab, broker, [new("one", IsFar: false), new("two", IsFar: false), new("far", IsFar: true)], output, cancellation);
        lab.StartProducer();
        await lab.StartTrackerAsync(cancellation);
        chaos.StartHosts();
        var run = await lab.SubmitAsync(chunks, "sh", "-c", "sleep 1.5; " + LabSpecs.WriteItem[2]);

        Fault[] kinds = [
            new("a host is killed", chaos.KillHostAsync),
            new("the producer is killed", KillProducerAsync),
            new("the tracker is killed", KillTrackerAsync),
            new("all connections are closed", chaos.CutConnectionsAsync),
            new("the broker is short of memory", chaos.RunShortOfMemoryAsync),
            // Heartbeats are 15 s, and two must be missed.
            new("one host is cut off for longer than the heartbeat", () => chaos.PartitionAsync(40)),
            new("the broker is killed", () => chaos.KillBrokerAsync(1)),
            new("another host is killed", chaos.KillHostAsync),
            new("one host loses its connections", chaos.CutRelayAsync),
        ];
        await chaos.InjectAsync(ChaosOptions.Faults(kinds.Length), kinds, () => $"{lab.Done} of {chunks} outputs are there");

        var shown = await lab.SettledAsync(run, cancellation, TimeSpan.FromMinutes(4));
        await lab.AssertCompleteAsync(run, shown, chunks, cancellation);
        output.WriteLine(await chaos.AssertSettledOnceAsync(run, chunks));
        await chaos.AssertBrokerIsEmptyAsync();

        async Task KillProducerAsync()
        {
            await lab.KillAsync("producer");
            await chaos.PassAsync(1);
            lab.StartProducer();
        }

        async Task KillTrackerAsync()
        {
            await lab.KillAsync("tracker");
            await chaos.PassAsync(1);
            await lab.StartTrackerAsync(cancellation);
        }
    }
}
