using System.Globalization;
using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// One channel that receives from one queue, with as many deliveries unacknowledged as its credit says. It ends as a whole: when the channel closes, or when the broker
/// cancels a subscription, all its deliveries are lost to us and an acknowledgement afterwards does nothing. (A consumer that RabbitMQ 4.3 cancelled for a timeout
/// stays half alive on its channel, rabbitmq-server#17317; that is why a cancel ends the channel.)
/// </summary>
internal sealed class QueueChannel : IAsyncBasicConsumer, IAsyncDisposable
{
    private readonly IChannel channel;
    private readonly string queue;
    private readonly string name;
    private readonly IDictionary<string, object?> arguments;
    private readonly Action<QueueChannel, RawDelivery> receive;
    private readonly Action creditMissing;
    private readonly CancellationTokenSource lost = new();

    // Guards the bookkeeping; never held across a call to the broker.
    private readonly Lock gate = new();
    private readonly UnacknowledgedDeliveries deliveries = new();
    private readonly Dictionary<string, Subscription> subscriptions = [];

    // Never disposed: a report may be confirmed after the channel has ended, and its acknowledgement still asks here.
    private readonly SemaphoreSlim changing = new(1);
    private readonly SemaphoreSlim acknowledging = new(1);
    private int subscribed;
    private int credit;

    private QueueChannel(
        IChannel channel, string queue, string name, IDictionary<string, object?> arguments, Action<QueueChannel, RawDelivery> receive, Action creditMissing)
    {
        (this.channel, this.queue, this.name, this.arguments, this.receive, this.creditMissing) = (channel, queue, name, arguments, receive, creditMissing);
        Lost = lost.Token;
        channel.ChannelShutdownAsync += (_, shutdown) => EndAsync($"{shutdown.ReplyCode} {shutdown.ReplyText}");
    }

    /// <summary>Cancelled when the channel has ended.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why it ended; null while it has not.</summary>
    public string? EndReason { get; private set; }

    /// <summary>Deliveries that the broker may still send before one is acknowledged.</summary>
    public int Room
    {
        get
        {
            lock (gate)
                return credit - deliveries.Count;
        }
    }

    /// <summary>Whether everything that was received is acknowledged.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return deliveries.Count == 0;
        }
    }

    IChannel? IAsyncBasicConsumer.Channel => channel;

    /// <summary>Opens a channel. Nothing is received before <see cref="SetCreditAsync"/>.</summary>
    /// <param name="connection">The live connection.</param>
    /// <param name="queue">Queue to receive from.</param>
    /// <param name="name">First part of the consumer tags, for people who look at the broker.</param>
    /// <param name="arguments">Arguments of each AMQP consumer.</param>
    /// <param name="receive">Gets each delivery, one after the other. Its body is valid only until the call returns.</param>
    /// <param name="creditMissing">Told when the channel holds less than its credit allows, so that <see cref="SetCreditAsync"/> should be called again.</param>
    /// <param name="cancellation">Gives up opening.</param>
    public static async Task<QueueChannel> OpenAsync(
        IConnection connection,
        string queue,
        string name,
        IDictionary<string, object?> arguments,
        Action<QueueChannel, RawDelivery> receive,
        Action creditMissing,
        CancellationToken cancellation) =>
        new(await connection.CreateChannelAsync(cancellationToken: cancellation), queue, name, arguments, receive, creditMissing);

    /// <summary>Lets the broker leave <paramref name="wanted"/> deliveries unacknowledged. What was received stays ours, also above that number.</summary>
    public async Task SetCreditAsync(int wanted)
    {
        await changing.WaitAsync();
        try
        {
            CreditPlan plan;
            lock (gate)
            {
                credit = wanted;
                plan = CreditPlan.For(subscriptions.Values, wanted);
            }

            await ApplyAsync(plan);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Leaves one subscription in place of several, when nothing is unacknowledged.</summary>
    public async Task MergeSubscriptionsAsync()
    {
        await changing.WaitAsync();
        try
        {
            CreditPlan plan;
            lock (gate)
                plan = CreditPlan.Merge(subscriptions.Values, credit);
            await ApplyAsync(plan);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Acknowledges one delivery and lowers the credit by it, so that the broker sends no other in its place.</summary>
    public async Task AcknowledgeWithoutReplacementAsync(ulong deliveryTag)
    {
        await changing.WaitAsync();
        try
        {
            Subscription? subscription;
            lock (gate)
            {
                credit = Math.Max(0, credit - 1);
                subscription = deliveries.SubscriptionOf(deliveryTag);
            }

            // Before the acknowledgement, which would otherwise bring the next delivery.
            if (subscription is { IsCancelled: false })
                await CancelAsync(subscription);
            Settle(deliveryTag);
            await FlushAsync();
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Marks a delivery as settled; the broker hears of it with the next <see cref="FlushAsync"/>.</summary>
    public void Settle(ulong deliveryTag)
    {
        lock (gate)
            deliveries.Settle(deliveryTag);
    }

    /// <summary>Acknowledges everything that is settled; does nothing once the channel has ended.</summary>
    public Task FlushAsync() => SendAsync(async () =>
    {
        List<UnacknowledgedDeliveries.Frame> frames;
        lock (gate)
            frames = deliveries.TakeFrames();
        foreach (var frame in frames)
            await channel.BasicAckAsync(frame.Tag, frame.Multiple);
    });

    /// <summary>Acknowledges one delivery; does nothing once the channel has ended.</summary>
    public Task AcknowledgeAsync(ulong deliveryTag)
    {
        Settle(deliveryTag);
        return FlushAsync();
    }

    /// <summary>Rejects a delivery for good: the broker moves it to the queue of dead letters.</summary>
    public Task RejectAsync(ulong deliveryTag) => SendAsync(async () =>
    {
        lock (gate)
            deliveries.Remove(deliveryTag);
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
        lock (gate)
            deliveries.Add(deliveryTag, subscriptions[consumerTag]);
        receive(this, new RawDelivery(deliveryTag, properties, body));
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
        catch (Exception failure) when (ConnectionLoss.Caused(failure) || failure is OperationCanceledException)
        {
            // The other side closed it first.
        }
    }

    private async Task ApplyAsync(CreditPlan plan)
    {
        foreach (var subscription in plan.Cancel)
            await CancelAsync(subscription);
        if (plan.Add == 0)
            return;
        var added = new Subscription(string.Create(CultureInfo.InvariantCulture, $"{name}#{++subscribed}"), Math.Min(plan.Add, ushort.MaxValue));
        lock (gate)
            subscriptions.Add(added.Tag, added);
        await channel.BasicQosAsync(0, (ushort)added.Prefetch, global: false);
        await channel.BasicConsumeAsync(queue, autoAck: false, added.Tag, noLocal: false, exclusive: false, arguments, this);
    }

    // It stays in the list while it has unacknowledged deliveries, and for those that are on their way until the broker has confirmed the cancel.
    private async Task CancelAsync(Subscription subscription)
    {
        lock (gate)
            subscription.IsCancelled = true;
        await channel.BasicCancelAsync(subscription.Tag);
        lock (gate)
            ForgetEnded();
    }

    private void ForgetEnded()
    {
        foreach (var subscription in subscriptions.Values.Where(subscription => subscription is { IsCancelled: true, Unacknowledged: 0 }).ToList())
            subscriptions.Remove(subscription.Tag);
    }

    // One at a time: the broker closes a channel on which "all up to 10" comes after "all up to 12".
    private async Task SendAsync(Func<Task> send)
    {
        await acknowledging.WaitAsync();
        try
        {
            if (lost.IsCancellationRequested)
                return;
            await send();
            bool missing;
            lock (gate)
            {
                ForgetEnded();
                missing = CreditPlan.For(subscriptions.Values, credit).Add > 0;
            }

            if (missing)
                creditMissing();
        }
        catch (Exception failure) when (ConnectionLoss.Caused(failure))
        {
            // Lost in this moment: the broker delivers the message again, and the producer recognises the copy.
        }
        finally
        {
            acknowledging.Release();
        }
    }

    private async Task EndAsync(string reason)
    {
        if (EndReason is not null)
            return;
        EndReason = reason;
        await lost.CancelAsync();
    }
}
