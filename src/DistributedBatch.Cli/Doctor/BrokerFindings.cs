using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Makes findings, each with a remedy, of what a broker lets us see of it.</summary>
internal static class BrokerFindings
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Looks and tells.</summary>
    public static async Task<IReadOnlyList<Finding>> LookAsync(string broker, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            return [.. Of(await BrokerProbe.LookAsync(new BrokerOptions { Url = new Uri(broker) }, patience.Token))];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [new Finding("broker's login", "bad", $"no answer to the login within {Patience.TotalSeconds:0} s", "look at the broker's log; an alarm of memory or disk does not do this, a stuck node does")];
        }
    }

    /// <summary>Login and permissions, version, acknowledgement timeout, queues.</summary>
    public static IEnumerable<Finding> Of(BrokerReading broker)
    {
        if (broker.Refusal is { } refusal)
        {
            yield return new Finding("broker's permissions", "bad", refusal, "correct what it says");
            yield break;
        }

        yield return new Finding("broker's permissions", "good", "login and vhost are accepted");
        if (broker.Version is { } version)
        {
            yield return new Finding("broker's version", "good", $"RabbitMQ {version.Text}");
            yield return version.HonoursQueueTimeout
                ? new Finding("ack timeout", "good", "our queues ask for 25 h and this version grants it")
                : new Finding(
                    "ack timeout", "note", "this version knows it from rabbitmq.conf only, and it cannot be read from here; stock is 30 min",
                    "put consumer_timeout = 90000000 there, and start consumers with --ack-timeout 25h; as it is, chunks of more than 20 min are kept by heartbeats");
        }

        yield return broker.HasQueues
            ? new Finding("broker's queues", "good", "they are there")
            : new Finding("broker's queues", "note", "none yet", "start the producer once: dbatch serve --broker …");
    }
}
