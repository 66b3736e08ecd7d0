using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Connections;

/// <summary>Where the broker is and how we use it. Everything but <see cref="Url"/> has a default that suits a lab.</summary>
public sealed class BrokerOptions
{
    /// <summary>
    /// <c>amqp://user:password@host:5672/vhost</c>, or <c>amqps://</c> for TLS with the server's certificate verified. A vhost of its own is a good idea
    /// where others use the broker too.
    /// </summary>
    public Uri Url { get; set; } = new("amqp://guest:guest@localhost:5672/");

    /// <summary>PEM file with the authorities to trust in place of the system's, for <c>amqps://</c>. Null (default) trusts the system's.</summary>
    public string? CertificateAuthorityFile { get; set; }

    /// <summary>Our name in the broker's lists of connections. Default: the name of the machine.</summary>
    public string HostName { get; set; } = Environment.MachineName;

    /// <summary>What this process is to the others, for the same lists: <c>consumer</c>, <c>producer+tracker</c>. Default <c>dbatch</c>.</summary>
    public string Role { get; set; } = "dbatch";

    /// <summary>
    /// First part of every queue and exchange name. Default <c>dbatch</c>; another one keeps two deployments apart that must share a vhost, and every
    /// process of a deployment needs the same.
    /// </summary>
    public string Prefix { get; set; } = "dbatch";

    /// <summary>
    /// Silence after which either side calls the connection dead. Default 15 s, which gives a dead host's chunks back in about 30 s; RabbitMQ advises 5 to
    /// 20 s. Too low: a busy network loses healthy hosts. Too high: chunks of a dead host wait.
    /// </summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Published messages that may be without the broker's confirm at once. Default 512. Too low: every publish waits a round trip. Too high: much to
    /// publish again when the connection is lost.
    /// </summary>
    public int ConfirmWindow { get; set; } = 512;

    /// <summary>
    /// Chunks a queue takes before it refuses more; a backstop behind the runs' windows. Default 1,000,000. It is a property of the queue: all processes of
    /// a deployment need the same value, and a changed one needs the queue deleted first.
    /// </summary>
    public int QueueLimit { get; set; } = 1_000_000;

    /// <summary>
    /// How often the broker may take a chunk back before it puts it aside. Default 50, so that it only ends what hosts die of before they can tell the producer of
    /// it; everything else ends at the run's crash limit. One host that dies can count several times here, 8 times with 64 free slots. Like <see cref="QueueLimit"/> a
    /// property of the queue.
    /// </summary>
    public int DeliveryLimit { get; set; } = 50;

    /// <summary>
    /// How long the broker may leave a chunk with a host, where it lets a queue decide that (RabbitMQ 3.12 and later; older ones only have
    /// <c>consumer_timeout</c> in <c>rabbitmq.conf</c>). Default 25 h. Like <see cref="QueueLimit"/> a property of the queue.
    /// </summary>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromHours(25);

    /// <summary>
    /// Most chunks a slot may have on their way to it at once, used only while chunks are short beside the way to the broker and back. Default 256; 1 always asks for
    /// one chunk at a time.
    /// </summary>
    public int MaxPrefetch { get; set; } = 256;

    /// <summary>
    /// Whether this process makes the queues and exchanges of the lab. Default true. The tracker and the hosts say false: they wait until a producer has made
    /// them, and so need fewer permissions on the broker (<see cref="Access.BrokerPermissions"/>).
    /// </summary>
    public bool Declares { get; set; } = true;

    /// <summary>The producer's key, with which every chunk's job is signed. Null (default) signs nothing.</summary>
    public SigningKey? SigningKey { get; set; }

    /// <summary>Whose chunks to take. Chunks of anybody else are put aside with a reason and never run. Null (default) takes every chunk.</summary>
    public TrustedKeys? Trusted { get; set; }

    /// <summary>How long to wait for the broker at start. Null (default) waits for ever, and says so in the log.</summary>
    public TimeSpan? StartPatience { get; set; }
}
