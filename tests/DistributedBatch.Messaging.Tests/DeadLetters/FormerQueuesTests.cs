using System.Text;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Waiting;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Tests.DeadLetters;

/// <summary>An upgrade from a version with one queue for each service.</summary>
public sealed class FormerQueuesTests(PrivateBroker broker)
{
    [Fact(Timeout = 120_000)]
    public async Task What_waits_in_a_queue_of_an_earlier_version_is_handled_and_that_queue_ends()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await GuardedLab.StartAsync(broker, cancellation, async vhost =>
        {
            var user = BrokerUser.For(BrokerRole.Producer);
            await using var connection = await new ConnectionFactory { Uri = await broker.AdmitAsync(vhost, user, cancellation) }.CreateConnectionAsync(cancellation);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
            var quorum = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
            await channel.QueueDeclareAsync("dbatch.producer", durable: true, exclusive: false, autoDelete: false, quorum, cancellationToken: cancellation);
            await channel.ExchangeDeclareAsync("dbatch.producer", ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
            foreach (var type in new[] { nameof(AttemptReports), nameof(ChangeRun) })
            {
                var body = type == nameof(ChangeRun) ? "{\"run\":\"0123456789\",\"action\":\"pause\",\"protocol\":1}" : "{\"host\":\"lab7\",\"reports\":[],\"protocol\":1}";
                var properties = new BasicProperties
                {
                    ContentType = "application/json",
                    Headers = new Dictionary<string, object?> { ["MT-MessageType"] = $"urn:message:DistributedBatch.Contracts.Messages:{type}" },
                };
                await channel.BasicPublishAsync("", "dbatch.producer", mandatory: true, properties, Encoding.UTF8.GetBytes(body), cancellation);
            }
        });

        var producer = lab.Processes["producer"];
        await Eventually.HoldsAsync("both are handled", () => producer.Get<CountingHandler>().Count == 2, cancellation);
        Assert.Equal(0, producer.Get<MessageRefusals>().Count);
        await Eventually.HoldsAsync("the queue is gone", async () => !(await lab.QueuesAsync(cancellation)).Contains("dbatch.producer"), cancellation);
    }
}
