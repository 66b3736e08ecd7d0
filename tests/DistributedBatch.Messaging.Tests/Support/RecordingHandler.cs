using System.Collections.Concurrent;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>Hears messages of one type and keeps them; may be told to stumble over the first ones.</summary>
internal sealed class RecordingHandler<TMessage>(int stumbles = 0) : IMessageHandler<TMessage>
    where TMessage : class
{
    private readonly System.Threading.Channels.Channel<TMessage> news = System.Threading.Channels.Channel.CreateUnbounded<TMessage>();
    private int stumblesLeft = stumbles;

    public ConcurrentQueue<TMessage> Heard { get; } = new();

    public Task HandleAsync(TMessage message, CancellationToken cancellation)
    {
        if (Interlocked.Decrement(ref stumblesLeft) >= 0)
            throw new InvalidOperationException("the database is busy");
        Heard.Enqueue(message);
        news.Writer.TryWrite(message);
        return Task.CompletedTask;
    }

    /// <summary>The next message that was not asked for yet.</summary>
    public ValueTask<TMessage> NextAsync(CancellationToken cancellation) => news.Reader.ReadAsync(cancellation);
}
