using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// One channel with one consumer on one queue: a generation that ends as a whole. When the channel closes, or when the broker cancels the consumer,
/// everything it delivered is lost to us and is delivered again elsewhere, so an acknowledgement afterwards does nothing. (A consumer that RabbitMQ 4.3 cancelled
/// for a timeout stays half alive on its channel, rabbitmq-server#17317; that is why a cancel ends the channel.)
/// </summary>
/// <typeparam name="TArrival">What a delivery is turned into; the body is only valid while that happens.</typeparam>
internal sealed class QueueConsumer<TArrival> : IAsyncBasicConsumer, IAsyncDisposable
{
    private static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    private readonly CancellationTokenSource lost = new();
    private readonly System.Threading.Channels.Channel<TArrival> arrivals =
        System.Threading.Channels.Channel.CreateUnbounded<TArrival>();
    private readonly IChannel channel;
    private readonly string queue;
    private readonly string name;
    private readonly Func<QueueConsumer<TArrival>, Parcel, TArrival> receive;
    private readonly IDictionary<string, object?> arguments;
    private readonly Lock counting = new();
    private readonly DeliveryTags tags = new();

    // Never disposed: a report may be confirmed after its generation has ended, and then asks here in vain.
    private readonly SemaphoreSlim telling = new(1);
    private string? tag;
    private int consumed;
    private ulong firstDelivery;
    private int unacknowledged;
    private bool holdingBack;

    private QueueConsumer(
        IChannel channel, string queue, string name, IDictionary<string, object?> arguments, Func<QueueConsumer<TArrival>, Parcel, TArrival> receive)
    {
        this.channel = channel;
        this.queue = queue;
        this.name = name;
        this.arguments = arguments;
        this.receive = receive;
        Lost = lost.Token;
        channel.ChannelShutdownAsync += (_, shutdown) => EndAsync($"{shutdown.ReplyCode} {shutdown.ReplyText}");
    }

    /// <summary>Cancelled when this generation has ended.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why it ended; null while it has not.</summary>
    public string? EndReason { get; private set; }

    /// <summary>What arrived, in order; completed when the generation has ended.</summary>
    public System.Threading.Channels.ChannelReader<TArrival> Arrivals => arrivals.Reader;

    /// <summary>Whether something has arrived that nobody has read yet.</summary>
    public bool HasArrived => arrivals.Reader.TryPeek(out _);

    /// <summary>Messages we may have at once; 0 while we ask for none.</summary>
    public int Depth { get; private set; }

    IChannel? IAsyncBasicConsumer.Channel => channel;

    /// <summary>Opens a channel; nothing is asked for until <see cref="ConsumeAsync"/>.</summary>
    public static async Task<QueueConsumer<TArrival>> OpenAsync(
        IConnection connection,
        string queue,
        string name,
        IDictionary<string, object?> arguments,
        Func<QueueConsumer<TArrival>, Parcel, TArrival> receive,
        CancellationToken cancellation)
    {
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellation).ConfigureAwait(false);
        return new QueueConsumer<TArrival>(channel, queue, name, arguments, receive);
    }

    /// <summary>Asks for messages, at most <paramref name="depth"/> at once. Prefetch belongs to a consumer, so another depth is another consumer.</summary>
    public async Task ConsumeAsync(int depth)
    {
        await PauseAsync().ConfigureAwait(false);
        await channel.BasicQosAsync(0, (ushort)depth, global: false).ConfigureAwait(false);
        var next = string.Create(CultureInfo.InvariantCulture, $"{name}#{++consumed}");
        lock (counting)
            (tag, firstDelivery, unacknowledged) = (next, ulong.MaxValue, 0);
        await channel.BasicConsumeAsync(queue, autoAck: false, next, noLocal: false, exclusive: false, arguments, this).ConfigureAwait(false);
        Depth = depth;
    }

    /// <summary>
    /// Asks for nothing more. What has arrived stays ours. A delivery that is under way while its consumer is cancelled would be counted by the broker as
    /// returned by a lost host (rabbit_fifo_client.erl, handle_delivery), so acknowledgements wait until none can be: until we hold all this consumer may.
    /// </summary>
    public async Task PauseAsync()
    {
        if (tag is not { } current)
            return;
        lock (counting)
            holdingBack = true;
        try
        {
            for (var waited = TimeSpan.Zero; Volatile.Read(ref unacknowledged) < Depth && waited < UnderWay; waited += Look)
                await Task.Delay(Look, CancellationToken.None).ConfigureAwait(false);
            tag = null;
            Depth = 0;
            await channel.BasicCancelAsync(current).ConfigureAwait(false);
        }
        finally
        {
            lock (counting)
                holdingBack = false;
            await FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Marks a delivery of this generation as dealt with; the broker hears of it with the next <see cref="FlushAsync"/>.</summary>
    public void Done(ulong deliveryTag)
    {
        lock (counting)
            tags.Done(deliveryTag);
    }

    /// <summary>Acknowledges all that is done; does nothing once this generation has ended.</summary>
    public Task FlushAsync() => TellAsync(async () =>
    {
        List<DeliveryTags.Frame> frames = [];
        lock (counting)
        {
            if (holdingBack)
                return;
            unacknowledged -= tags.Take(frames, firstDelivery);
        }

        foreach (var frame in frames)
            await channel.BasicAckAsync(frame.Tag, frame.Multiple).ConfigureAwait(false);
    });

    /// <summary>Acknowledges one delivery of this generation; does nothing once it has ended.</summary>
    public Task AcknowledgeAsync(ulong deliveryTag)
    {
        Done(deliveryTag);
        return FlushAsync();
    }

    /// <summary>Puts a delivery aside for good: the broker moves it to the queue of dead letters.</summary>
    public Task RejectAsync(ulong deliveryTag) => TellAsync(async () =>
    {
        lock (counting)
        {
            tags.Told(deliveryTag);
            unacknowledged -= deliveryTag >= firstDelivery ? 1 : 0;
        }

        await channel.BasicRejectAsync(deliveryTag, requeue: false).ConfigureAwait(false);
    });

    public Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        lock (counting)
        {
            tags.Delivered(deliveryTag);

            // What an earlier consumer brought does not use up what this one may have.
            if (consumerTag == tag)
            {
                firstDelivery = Math.Min(firstDelivery, deliveryTag);
                unacknowledged++;
            }
        }

        arrivals.Writer.TryWrite(receive(this, new Parcel(deliveryTag, properties, body)));
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default) => EndAsync("the broker cancelled the consumer");

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => EndAsync($"{reason.ReplyCode} {reason.ReplyText}");

    /// <summary>Closes the channel; whatever was not acknowledged goes back to the queue.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync("closed").ConfigureAwait(false);
        try
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (ConfirmedPublisher.IsLoss(gone) || gone is OperationCanceledException)
        {
            // It was closed by the other side first.
        }

        lost.Dispose();
    }

    // One at a time: the broker closes a channel on which "all up to 10" comes after "all up to 12".
    private async Task TellAsync(Func<Task> send)
    {
        await telling.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!lost.IsCancellationRequested)
                await send().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is RabbitMQClientException or IOException or ObjectDisposedException)
        {
            // Lost in this very moment: the broker delivers the message again, and whoever gets it finds it dealt with or puts it aside.
        }
        finally
        {
            telling.Release();
        }
    }

    private async Task EndAsync(string reason)
    {
        if (!arrivals.Writer.TryComplete())
            return;
        EndReason = reason;
        await lost.CancelAsync().ConfigureAwait(false);
    }
}
