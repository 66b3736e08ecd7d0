using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// One channel with its consumers on one queue: a generation that ends as a whole. When the channel closes, or when the broker cancels a consumer,
/// everything it delivered is lost to us and is delivered again elsewhere, so an acknowledgement afterwards does nothing. (A consumer that RabbitMQ 4.3 cancelled
/// for a timeout stays half alive on its channel, rabbitmq-server#17317; that is why a cancel ends the channel.)
/// </summary>
/// <typeparam name="TArrival">What a delivery is turned into; the body is only valid while that happens.</typeparam>
internal sealed class QueueConsumer<TArrival> : IAsyncBasicConsumer, IAsyncDisposable
{
    // A busy broker has been seen to take more than 25 ms.
    private static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    private readonly CancellationTokenSource lost = new();
    private readonly System.Threading.Channels.Channel<TArrival> arrivals =
        System.Threading.Channels.Channel.CreateUnbounded<TArrival>();
    private readonly IChannel channel;
    private readonly string queue;
    private readonly string lane;
    private readonly Func<QueueConsumer<TArrival>, RawDelivery, TArrival> receive;
    private readonly IDictionary<string, object?> arguments;
    private readonly Lock counting = new();
    private readonly DeliveryTags tags = new();

    // Never disposed: a report may be confirmed after its generation has ended, and then asks here in vain.
    private readonly SemaphoreSlim telling = new(1);
    private readonly List<string> asking = [];
    private readonly Loans loans = new();
    private int asked;
    private ulong firstDelivery;
    private int unacknowledged;
    private long roomMadeAt;
    private bool holdingBack;

    private QueueConsumer(
        IChannel channel, string queue, string name, IDictionary<string, object?> arguments, Func<QueueConsumer<TArrival>, RawDelivery, TArrival> receive)
    {
        this.channel = channel;
        this.queue = queue;
        lane = name;
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

    /// <summary>Messages we may get on top of those we have.</summary>
    public int Room => Depth - Volatile.Read(ref unacknowledged);

    /// <summary>Whether we may have, or still have, more than the one that is worked on.</summary>
    public bool HoldsMore => Depth > 1 || HasArrived;

    /// <summary>Whether everything that was brought is acknowledged.</summary>
    public bool IsIdle => Volatile.Read(ref unacknowledged) == 0 && !HasArrived;

    IChannel? IAsyncBasicConsumer.Channel => channel;

    /// <summary>Opens a channel; nothing is asked for until <see cref="ConsumeAsync"/>.</summary>
    public static async Task<QueueConsumer<TArrival>> OpenAsync(
        IConnection connection,
        string queue,
        string name,
        IDictionary<string, object?> arguments,
        Func<QueueConsumer<TArrival>, RawDelivery, TArrival> receive,
        CancellationToken cancellation)
    {
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        return new QueueConsumer<TArrival>(channel, queue, name, arguments, receive);
    }

    /// <summary>
    /// Asks for messages, at most <paramref name="depth"/> at once. Prefetch belongs to an AMQP consumer and stays as it was: for more there is another one beside
    /// those there are, for fewer one in place of them.
    /// </summary>
    public async Task ConsumeAsync(int depth)
    {
        if (depth == Depth)
            return;
        if (depth < Depth)
            await PauseAsync();
        var name = string.Create(CultureInfo.InvariantCulture, $"{lane}#{++asked}");
        lock (counting)
        {
            if (asking.Count == 0)
                (firstDelivery, unacknowledged) = (ulong.MaxValue, 0);
            asking.Add(name);
            roomMadeAt = Stopwatch.GetTimestamp();
        }

        await channel.BasicQosAsync(0, (ushort)(depth - Depth), global: false);
        await channel.BasicConsumeAsync(queue, autoAck: false, name, noLocal: false, exclusive: false, arguments, this);
        Depth = depth;
    }

    /// <summary>
    /// Asks for nothing more. What has arrived stays ours. A delivery that is under way while its consumer is cancelled would be counted by the broker as
    /// returned by a lost host (rabbit_fifo_client.erl, handle_delivery), so acknowledgements wait until none can be: until we hold all we may, or
    /// until what the last acknowledgement made room for must have come.
    /// </summary>
    public async Task PauseAsync()
    {
        if (Depth == 0)
            return;
        lock (counting)
            holdingBack = true;
        try
        {
            while (Volatile.Read(ref unacknowledged) < Depth && Stopwatch.GetElapsedTime(Volatile.Read(ref roomMadeAt)) < UnderWay)
                await Task.Delay(Look, CancellationToken.None);
            Depth = 0;
            string[] names;
            lock (counting)
            {
                names = [.. asking];
                asking.Clear();
            }

            foreach (var name in names)
                await channel.BasicCancelAsync(name);
        }
        finally
        {
            lock (counting)
                holdingBack = false;
            await FlushAsync();
        }
    }

    /// <summary>Gives a message that has arrived to somebody else than who reads <see cref="Arrivals"/>. It is still to be settled here.</summary>
    /// <param name="tagOf">Its delivery tag.</param>
    /// <param name="arrival">The message.</param>
    /// <returns>False when there is none, or when this generation is about to end.</returns>
    public bool TryLend(Func<TArrival, ulong> tagOf, [MaybeNullWhen(false)] out TArrival arrival)
    {
        lock (counting)
        {
            arrival = default;
            if (loans.Ended || lost.IsCancellationRequested || !arrivals.Reader.TryRead(out arrival))
                return false;
            loans.Lent(tagOf(arrival));
            return true;
        }
    }

    /// <summary>Lends nothing any more; completes when everything that was lent is dealt with.</summary>
    public Task LoansDoneAsync()
    {
        lock (counting)
            return loans.EndAsync();
    }

    /// <summary>Marks a delivery of this generation as dealt with; the broker hears of it with the next <see cref="FlushAsync"/>.</summary>
    public void Done(ulong deliveryTag)
    {
        lock (counting)
        {
            tags.Done(deliveryTag);
            loans.Done(deliveryTag);
        }
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
            if (frames.Count > 0)
                roomMadeAt = Stopwatch.GetTimestamp();
        }

        foreach (var frame in frames)
            await channel.BasicAckAsync(frame.Tag, frame.Multiple);
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
            loans.Done(deliveryTag);
            unacknowledged -= deliveryTag >= firstDelivery ? 1 : 0;
            roomMadeAt = Stopwatch.GetTimestamp();
        }

        await channel.BasicRejectAsync(deliveryTag, requeue: false);
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

            // What earlier ones brought does not use up what those of now may have.
            if (asking.Contains(consumerTag))
            {
                firstDelivery = Math.Min(firstDelivery, deliveryTag);
                unacknowledged++;
            }
        }

        arrivals.Writer.TryWrite(receive(this, new RawDelivery(deliveryTag, properties, body)));
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default) => EndAsync("the broker cancelled the consumer");

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => EndAsync($"{reason.ReplyCode} {reason.ReplyText}");

    /// <summary>Closes the channel; whatever was not acknowledged goes back to the queue.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync("closed");
        try
        {
            await channel.DisposeAsync();
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
        await telling.WaitAsync();
        try
        {
            if (!lost.IsCancellationRequested)
                await send();
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
        await lost.CancelAsync();
    }
}
