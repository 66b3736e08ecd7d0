using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>Somebody who listens to one kind of message on an endpoint, for either bus.</summary>
internal abstract class BusListener
{
    /// <summary>The kind of message.</summary>
    public abstract Type Message { get; }

    /// <summary>Hands over a message within one process.</summary>
    public abstract Task HearAsync(object message, IServiceProvider services, CancellationToken cancellation);

    /// <summary>Listens to an endpoint of MassTransit.</summary>
    public abstract void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services);
}
