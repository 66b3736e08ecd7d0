using System.Globalization;
using System.Text;
using DistributedBatch.Messaging.Queues;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Properties and headers of a chunk's message.</summary>
internal static class ChunkHeaders
{
    private static readonly TimeSpan Parked = TimeSpan.FromDays(30);

    private const string DeliveryCountHeader = "x-delivery-count";
    private const string DeathHeader = "x-death";

    /// <summary>Properties of a chunk.</summary>
    public static BasicProperties Properties(RunChunk chunk) => new()
    {
        DeliveryMode = DeliveryModes.Persistent,
        ContentType = "application/json",
        Type = "run-chunk",
        MessageId = $"{chunk.Run}/{chunk.Index}/{chunk.Attempt}",
    };

    /// <summary>Properties of a message in the parking queue, with the reason. It stays there for 30 days.</summary>
    public static BasicProperties Aside(string reason) => new()
    {
        DeliveryMode = DeliveryModes.Persistent,
        ContentType = "application/json",
        Expiration = Parked.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
        Headers = new Dictionary<string, object?> { [Topology.ReasonHeader] = reason },
    };

    /// <summary>Whether the broker delivered the message before and had to take it back. It leaves its count out at the first delivery.</summary>
    public static bool IsRedelivered(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(DeliveryCountHeader, out var count) == true && count is int and > 0 or long and > 0;

    /// <summary>Why the message is in the dead-letter queue.</summary>
    public static string Reason(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(Topology.ReasonHeader, out var own) == true && TextOf(own) is { } reason ? reason : BrokerReason(properties) switch
        {
            null => "no reason is known",
            "delivery_limit" => "the broker had to take it back from lost hosts too often",
            "rejected" => "a host could not read it",
            var other => $"the broker dead-lettered it ({other})",
        };

    /// <summary>Whether the time of the message ran out before anybody received it.</summary>
    public static bool HasExpired(IReadOnlyBasicProperties properties) => BrokerReason(properties) == "expired";

    // The broker's own word, see https://www.rabbitmq.com/docs/dlx#effects.
    private static string? BrokerReason(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(DeathHeader, out var deaths) == true && deaths is IList<object?> { Count: > 0 } list
        && list[0] is IDictionary<string, object?> death && death.TryGetValue("reason", out var reason) ? TextOf(reason) : null;

    private static string? TextOf(object? value) => value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null };
}
