using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Connections;

/// <summary>Address of the broker and how to use it. Everything but <see cref="Url"/> has a default for a lab.</summary>
public sealed class BrokerOptions
{
    /// <summary>
    /// <c>amqp://user:password@host:5672/vhost</c>, or <c>amqps://</c> for TLS with the server's certificate verified. Use a vhost of its own on a
    /// broker that others use too.
    /// </summary>
    public Uri Url { get; set; } = new("amqp://guest:guest@localhost:5672/");

    /// <summary>The user in <see cref="Url"/>; <c>guest</c> where it names none.</summary>
    public string User => Uri.UnescapeDataString(Url.UserInfo.Split(':')[0]) is { Length: > 0 } user ? user : "guest";

    /// <summary>PEM file with the certificate authorities to trust for <c>amqps://</c>. Null (default) trusts those of the system.</summary>
    public string? CertificateAuthorityFile { get; set; }

    /// <summary>Name of this host in the broker's list of connections. Default: the name of the machine.</summary>
    public string HostName { get; set; } = Environment.MachineName;

    /// <summary>Role of this process in the same list: <c>consumer</c>, <c>producer+tracker</c>. Default <c>dbatch</c>.</summary>
    public string Role { get; set; } = "dbatch";

    /// <summary>
    /// First part of every queue and exchange name. Default <c>dbatch</c>. Another prefix separates two deployments that share a vhost. All processes of a
    /// deployment need the same one.
    /// </summary>
    public string Prefix { get; set; } = "dbatch";

    /// <summary>
    /// Silence after which either side closes the connection. Default 15 s, so that the chunks of a dead host are back in the queue after about 30 s; RabbitMQ advises
    /// 5 to 20 s. Too low: a busy network loses healthy hosts. Too high: chunks of a dead host wait.
    /// </summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How many published messages may wait for the broker's confirm. Default 512. Too low: every publish waits for a round trip. Too high: many messages are
    /// published again when the connection is lost.
    /// </summary>
    public int ConfirmWindow { get; set; } = 512;

    /// <summary>
    /// How many chunks a queue holds before it refuses more. The windows of runs are much smaller; this is a safety limit. Default 1,000,000. It is an argument of the
    /// queue: all processes of a deployment need the same value, and to change it the queue must be deleted first.
    /// </summary>
    public int QueueLimit { get; set; } = 1_000_000;

    /// <summary>
    /// How many bytes the message of a chunk may have, with its items. Default 16,000,000, a little less than RabbitMQ 4 takes unless its <c>max_message_size</c> says
    /// otherwise. Higher than what the broker takes: it closes the channel each time, and other runs suffer.
    /// </summary>
    public long MaxChunkBytes { get; set; } = 16_000_000;

    /// <summary>
    /// How often the broker may take a chunk back before it moves it to the dead-letter queue. Default 50: a chunk that comes back reaches the producer, which counts lost
    /// hosts itself, long before. Like <see cref="QueueLimit"/> an argument of the queue.
    /// </summary>
    public int DeliveryLimit { get; set; } = 50;

    /// <summary>
    /// How long the broker may leave a chunk with a host, where it lets a queue decide that (RabbitMQ 3.12 and later; older ones only have
    /// <c>consumer_timeout</c> in <c>rabbitmq.conf</c>). Default 25 h. Like <see cref="QueueLimit"/> a property of the queue.
    /// </summary>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromHours(25);

    /// <summary>
    /// How many chunks a host may fetch ahead for each slot, while chunks are shorter than the way to the broker and back. Default 256; 0 fetches none ahead.
    /// </summary>
    public int MaxPrefetch { get; set; } = 256;

    /// <summary>
    /// Whether this process declares the queues and exchanges of the lab. Default true. Tracker and hosts set false: they wait for the producer, and so need fewer
    /// permissions on the broker.
    /// </summary>
    public bool Declares { get; set; } = true;

    /// <summary>The producer's key, which signs the job of every chunk. Null (default) signs nothing.</summary>
    public SigningKey? SigningKey { get; set; }

    /// <summary>Keys of the producers whose chunks are run. Other chunks are rejected with a reason. Null (default) runs every chunk.</summary>
    public TrustedKeys? Trusted { get; set; }

    /// <summary>How long the start waits for the broker before it fails. Null (default) waits without limit, and logs it.</summary>
    public TimeSpan? StartPatience { get; set; }

    /// <summary>
    /// How long the start waits for a broker that cannot be reached before it goes on without it; the connections follow by themselves. Null (default) never goes on. A
    /// server sets it, so that its API can say what is wrong. A broker that refuses the connection fails the start in any case.
    /// </summary>
    public TimeSpan? StartWithoutBrokerAfter { get; set; }
}
