namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// A queue on the bus and who listens to it. Registered with <see cref="BusRegistration.AddBusEndpoint"/> before the bus starts.
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
    /// Whether the queue outlives its listener: true for services that must hear everything, false for a host's own queue of broadcasts.
    /// </summary>
    public bool Durable { get; }

    /// <summary>What it listens to.</summary>
    internal IEnumerable<Type> Messages => listeners.Select(listener => listener.Message);

    /// <summary>
    /// Messages that may be with the listeners at once; 1 by default, which keeps their order. More than one lets a listener commit several messages
    /// together before it acknowledges any of them, at the price of their order.
    /// </summary>
    public int Parallel { get; private set; } = 1;

    /// <summary>Sets <see cref="Parallel"/>.</summary>
    public BusEndpoint InParallel(int messages)
    {
        Parallel = messages;
        return this;
    }

    /// <summary>Whether somebody opens it when the time has come, see <see cref="MessageBus.OpenAsync"/>; by default it opens with the bus.</summary>
    public bool OpensLater { get; private set; }

    /// <summary>Sets <see cref="OpensLater"/>: of two that listen to one queue, the one on standby must not take any of its messages.</summary>
    public BusEndpoint OpenedLater()
    {
        OpensLater = true;
        return this;
    }

    internal IReadOnlyList<BusListener> Listeners => listeners;

    /// <summary>Gives every <typeparamref name="TMessage"/> to <typeparamref name="THandler"/>, which the container holds as a singleton, one at a time.</summary>
    public BusEndpoint Handle<TMessage, THandler>()
        where TMessage : class
        where THandler : class, IMessageHandler<TMessage>
    {
        listeners.Add(new MessageListener<TMessage, THandler>());
        return this;
    }

    /// <summary>Lets <typeparamref name="TAnswerer"/>, which the container holds as a singleton, answer every <typeparamref name="TRequest"/>.</summary>
    public BusEndpoint Answer<TRequest, TResponse, TAnswerer>()
        where TRequest : class
        where TResponse : class
        where TAnswerer : class, IRequestHandler<TRequest, TResponse>
    {
        listeners.Add(new AnswerListener<TRequest, TResponse, TAnswerer>());
        return this;
    }
}
