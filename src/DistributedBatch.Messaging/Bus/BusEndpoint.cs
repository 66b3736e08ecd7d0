namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// A queue on the bus and its handlers. Registered with <see cref="BusRegistration.AddBusEndpoint"/> before the bus starts.
/// </summary>
public sealed class BusEndpoint
{
    private readonly List<BusListener> listeners = [];

    internal BusEndpoint(string queue, bool durable)
    {
        Queue = queue;
        Durable = durable;
    }

    /// <summary>Name of the queue, such as <c>dbatch.tracker</c>.</summary>
    public string Queue { get; }

    /// <summary>
    /// Whether the queue stays without its process: true for services that must receive every message, false for the queue of a host.
    /// </summary>
    public bool Durable { get; }

    /// <summary>Types of the messages that it receives.</summary>
    internal IEnumerable<Type> Messages => listeners.Select(listener => listener.Message);

    /// <summary>
    /// How many messages are handled at once; 1 by default, which keeps their order. More than one lets a handler commit several messages together before they are
    /// acknowledged, but loses their order.
    /// </summary>
    public int Parallel { get; private set; } = 1;

    /// <summary>Sets <see cref="Parallel"/>.</summary>
    public BusEndpoint InParallel(int messages)
    {
        Parallel = messages;
        return this;
    }

    /// <summary>Whether a call of <see cref="MessageBus.OpenAsync"/> opens it; by default it opens with the bus.</summary>
    public bool OpensLater { get; private set; }

    /// <summary>Sets <see cref="OpensLater"/>: when two processes share a queue, the one on standby must not receive its messages.</summary>
    public BusEndpoint OpenedLater()
    {
        OpensLater = true;
        return this;
    }

    internal IReadOnlyList<BusListener> Listeners => listeners;

    /// <summary>The message, where it is of a type that the endpoint receives; null for any other.</summary>
    internal object? MessageIn(MassTransit.ConsumeContext context) =>
        listeners.Select(listener => listener.MessageIn(context)).FirstOrDefault(found => found is not null);

    /// <summary>Gives every <typeparamref name="TMessage"/> to the singleton <typeparamref name="THandler"/> of the container.</summary>
    public BusEndpoint Handle<TMessage, THandler>()
        where TMessage : class
        where THandler : class, IMessageHandler<TMessage>
    {
        listeners.Add(new MessageListener<TMessage, THandler>());
        return this;
    }

    /// <summary>
    /// As <see cref="Handle"/>, but within one process no other endpoint gets the message before this handler is done. What it writes is then known before anybody acts on
    /// the message, also when the process is killed between the two. With a broker the message waits in a queue for each endpoint, so no handler has to be first.
    /// </summary>
    public BusEndpoint HandleFirst<TMessage, THandler>()
        where TMessage : class
        where THandler : class, IMessageHandler<TMessage>
    {
        listeners.Add(new MessageListener<TMessage, THandler> { IsFirst = true });
        return this;
    }

    /// <summary>Gives every <typeparamref name="TRequest"/> to the singleton <typeparamref name="THandler"/> of the container, and sends its response.</summary>
    public BusEndpoint Answer<TRequest, TResponse, THandler>()
        where TRequest : class
        where TResponse : class
        where THandler : class, IRequestHandler<TRequest, TResponse>
    {
        listeners.Add(new RequestListener<TRequest, TResponse, THandler>());
        return this;
    }
}
