using System.Text;
using DistributedBatch.Contracts.Messages;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>How a chunk looks as a message, headers included.</summary>
internal static class ChunkMail
{
    private const string DeliveryCountHeader = "x-delivery-count";
    private const string DeathHeader = "x-death";

    /// <summary>Properties of a chunk that was never returned, or of one that was and goes back to the queue by our own hand.</summary>
    public static BasicProperties Properties(RunChunk chunk, int returns = 0)
    {
        var properties = new BasicProperties
        {
            DeliveryMode = DeliveryModes.Persistent,
            ContentType = "application/json",
            Type = "run-chunk",
            MessageId = $"{chunk.Run}/{chunk.Index}/{chunk.Attempt}",
        };
        if (returns > 0)
            properties.Headers = new Dictionary<string, object?> { [Topology.ReturnsHeader] = returns };
        return properties;
    }

    /// <summary>Properties of a message that is put aside, with the reason.</summary>
    public static BasicProperties Aside(string reason) => new()
    {
        DeliveryMode = DeliveryModes.Persistent,
        ContentType = "application/json",
        Headers = new Dictionary<string, object?> { [Topology.ReasonHeader] = reason },
    };

    /// <summary>
    /// How often the message was taken back. The broker leaves its count out at the first delivery; ours is there when a host handed the chunk back by
    /// publishing it again.
    /// </summary>
    public static int Returns(IReadOnlyBasicProperties properties) =>
        NumberOf(properties, DeliveryCountHeader) + NumberOf(properties, Topology.ReturnsHeader);

    /// <summary>Why the message was put aside.</summary>
    public static string Reason(IReadOnlyBasicProperties properties)
    {
        if (properties.Headers?.TryGetValue(Topology.ReasonHeader, out var own) == true && TextOf(own) is { } reason)
            return reason;
        if (properties.Headers?.TryGetValue(DeathHeader, out var deaths) == true && deaths is IList<object?> { Count: > 0 } list
            && list[0] is IDictionary<string, object?> death && death.TryGetValue("reason", out var broker))
        {
            return TextOf(broker) switch
            {
                "delivery_limit" => "the broker had to take it back from lost hosts too often",
                var other => $"the broker put it aside ({other})",
            };
        }

        return "it was put aside without a reason";
    }

    private static int NumberOf(IReadOnlyBasicProperties properties, string header) =>
        properties.Headers?.TryGetValue(header, out var value) == true
            ? value switch { int number => number, long number => (int)Math.Min(number, int.MaxValue), _ => 0 }
            : 0;

    private static string? TextOf(object? value) => value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null };
}
