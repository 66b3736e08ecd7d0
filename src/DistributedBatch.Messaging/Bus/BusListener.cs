using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>Receives messages of one type on an endpoint, on either bus.</summary>
internal abstract class BusListener
{
    /// <summary>Type of the messages.</summary>
    public abstract Type Message { get; }

    /// <summary>See <see cref="BusEndpoint.HandleFirst"/>.</summary>
    public bool IsFirst { get; init; }

    /// <summary>Handles a message.</summary>
    public abstract Task HearAsync(object message, IServiceProvider services, CancellationToken cancellation);

    /// <summary>The message, where it is of this listener's type; null for any other.</summary>
    public abstract object? MessageIn(ConsumeContext context);

    /// <summary>Registers with an endpoint of MassTransit.</summary>
    public abstract void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services);
}
