using System.Globalization;
using System.Text;

namespace DistributedBatch.Messaging.Connections;

/// <summary>The broker's version and what follows from it.</summary>
/// <param name="Major">As in 4 of 4.3.5.</param>
/// <param name="Minor">As in 3 of 4.3.5.</param>
/// <param name="Text">The version as the broker gives it.</param>
public sealed record BrokerVersion(int Major, int Minor, string Text)
{
    /// <summary>
    /// Whether our queues' own delivery timeout counts. Before 3.12 only <c>consumer_timeout</c> in <c>rabbitmq.conf</c> does, 30 minutes by default, and it
    /// cannot be read over AMQP (https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout).
    /// </summary>
    public bool HonoursQueueTimeout => (Major, Minor) is ( > 3, _) or (3, >= 12);

    /// <summary>Whether a consumer can say itself how long it may hold a delivery, which wins over everything else: since 4.3.</summary>
    public bool HonoursConsumerTimeout => (Major, Minor) is ( > 4, _) or (4, >= 3);

    /// <summary>Reads a version; an unreadable one counts as the oldest.</summary>
    public static BrokerVersion Parse(string text)
    {
        var parts = text.Split('.', '-', '+');
        return new BrokerVersion(NumberAt(0), NumberAt(1), text);

        int NumberAt(int index) =>
            index < parts.Length && int.TryParse(parts[index], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    internal static BrokerVersion Of(IDictionary<string, object?>? serverProperties) => Parse(
        serverProperties?.TryGetValue("version", out var version) == true && version is byte[] bytes ? Encoding.UTF8.GetString(bytes) : "");
}
