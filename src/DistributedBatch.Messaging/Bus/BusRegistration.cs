namespace DistributedBatch.Messaging.Bus;

/// <summary>Adds queues of the bus to a container.</summary>
public static class BusRegistration
{
    /// <summary>Adds a queue to the bus. Add its handlers with <see cref="BusEndpoint.Handle{TMessage,THandler}"/>.</summary>
    /// <param name="services">The container under construction.</param>
    /// <param name="queue">Name of the queue.</param>
    /// <param name="durable">See <see cref="BusEndpoint.Durable"/>.</param>
    public static BusEndpoint AddBusEndpoint(this IServiceCollection services, string queue, bool durable = true)
    {
        var endpoint = new BusEndpoint(queue, durable);
        services.AddSingleton(endpoint);
        return endpoint;
    }
}
