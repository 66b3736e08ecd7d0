using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Turns a reading of the broker into findings, each with a remedy.</summary>
internal static class BrokerFindings
{
    /// <summary>Login and permissions, version, acknowledgement timeout, queues.</summary>
    public static IEnumerable<Finding> Of(BrokerReading broker)
    {
        if (broker.Refusal is { } refusal)
        {
            yield return new Finding("broker's permissions", "bad", refusal, "correct the address or the permissions that the message names");
            yield break;
        }

        yield return new Finding("broker's permissions", "good", "the broker accepts the login and the virtual host");
        if (broker.Version is { } version)
        {
            yield return new Finding("broker's version", "good", $"RabbitMQ {version.Text}");
            yield return version.HonoursQueueTimeout
                ? new Finding("ack timeout", "good", "this version applies the 25 h that the queues ask for")
                : new Finding(
                    "ack timeout", "note", "this version reads it from rabbitmq.conf only, and dbatch cannot see it; the default is 30 min",
                    "set consumer_timeout = 90000000 there, and start consumers with --ack-timeout 25h; until then heartbeats hold chunks of more than 20 min");
        }

        yield return broker.HasQueues
            ? new Finding("broker's queues", "good", "declared")
            : new Finding("broker's queues", "note", "not declared yet", "start the producer once: dbatch serve --broker …");
    }
}
