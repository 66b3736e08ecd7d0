using System.Text;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Waiting;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Tests.Bus;

public sealed class RabbitBusTests(PrivateBroker broker) : MessageBusConformance
{
    // The type was called RunSteered before 2026-11. Hosts of that version still listen to that exchange, for that type.
    [Fact(Timeout = 60_000)]
    public async Task A_host_of_an_older_version_hears_a_renamed_message_under_its_former_name()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation);
        var connection = await messaging.Get<BrokerConnections>().Publishing.ConnectedAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        var queue = (await channel.QueueDeclareAsync(cancellationToken: cancellation)).QueueName;
        await channel.QueueBindAsync(queue, "dbatch.run-steered", "", cancellationToken: cancellation);

        await messaging.Bus.PublishAsync(new RunControlMessage(Sample.Run, RunState.Paused, 7), cancellation);

        BasicGetResult? received = null;
        await Eventually.HoldsAsync(
            "the message arrives", async () => (received = await channel.BasicGetAsync(queue, autoAck: true, cancellation)) is not null, cancellation);
        var types = Encoding.UTF8.GetString((byte[])received!.BasicProperties.Headers!["MT-MessageType"]!).Split(';');
        Assert.Contains("urn:message:DistributedBatch.Contracts.Messages:RunSteered", types);
        Assert.Contains("urn:message:DistributedBatch.Contracts.Messages:RunControlMessage", types);
    }

    protected override async Task<object> StartAsync(Action<IServiceCollection> services, CancellationToken cancellation) =>
        await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, services);
}
