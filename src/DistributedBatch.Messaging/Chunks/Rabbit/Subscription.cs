namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>One AMQP consumer on a channel. The broker ties prefetch to it, and it keeps the prefetch that it began with.</summary>
/// <param name="tag">Its consumer tag.</param>
/// <param name="prefetch">Deliveries that the broker may leave unacknowledged with it.</param>
internal sealed class Subscription(string tag, int prefetch)
{
    /// <summary>Its consumer tag.</summary>
    public string Tag => tag;

    /// <summary>Deliveries that the broker may leave unacknowledged with it.</summary>
    public int Prefetch => prefetch;

    /// <summary>Deliveries that came by it and are not acknowledged.</summary>
    public int Unacknowledged { get; set; }

    /// <summary>Whether it was cancelled: it brings nothing more, and what it brought stays ours.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Deliveries that it may still bring.</summary>
    public int Free => IsCancelled ? 0 : prefetch - Unacknowledged;
}
