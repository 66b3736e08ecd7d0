namespace DistributedBatch.Messaging.Bus.InProcess;

/// <summary>
/// The bus within one process. All handlers get the message object itself, without serialization. Messages are lost when the process dies; what handlers have written
/// survives, and a handler added with <see cref="BusEndpoint.HandleFirst"/> has written before the others are asked to. Why not
/// MassTransit: <c>docs/decisions/0008-a-bus-of-our-own-in-one-process.md</c>.
/// </summary>
internal sealed class InProcessBus : MessageBus
{
    private readonly IServiceProvider services;
    private readonly Dictionary<string, InProcessEndpoint> queues = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, List<(InProcessEndpoint Endpoint, BusListener Listener)>> listeners = [];
    private readonly Dictionary<Type, (InProcessEndpoint Endpoint, BusListener Listener)> firsts = [];
    private readonly List<InProcessEndpoint> openAtStart = [];

    public InProcessBus(IServiceProvider services, IEnumerable<BusEndpoint> endpoints, ILogger<InProcessBus> logger)
    {
        this.services = services;
        foreach (var endpoint in endpoints)
        {
            var queue = queues[endpoint.Queue] = new InProcessEndpoint(endpoint.Queue, endpoint.Parallel, logger);
            if (!endpoint.OpensLater)
                openAtStart.Add(queue);
            foreach (var listener in endpoint.Listeners)
            {
                if (listener.IsFirst)
                {
                    firsts.Add(listener.Message, (queue, listener));
                    continue;
                }

                if (!listeners.TryGetValue(listener.Message, out var list))
                    listeners[listener.Message] = list = [];
                list.Add((queue, listener));
            }
        }
    }

    /// <inheritdoc/>
    public override Task OpenAsync(string queue, CancellationToken cancellation)
    {
        queues[queue].Open();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task<int> CountReceiversAsync(string queue, CancellationToken cancellation) => Task.FromResult(0);

    /// <summary>Does nothing: there is no other process.</summary>
    public override Task RequeueAsync(string queue, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public override Task CloseAsync(string queue, CancellationToken cancellation) => queues[queue].CloseAsync(cancellation);

    /// <inheritdoc/>
    public override Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled(cancellation);
        if (firsts.TryGetValue(typeof(TMessage), out var first))
            first.Endpoint.Post(stop => HearFirstAsync(first.Listener, message, stop));
        else
            PostToOthers(message);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task<TResponse> RequestAsync<TRequest, TResponse>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
    {
        var answer = new TaskCompletionSource<TResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var (endpoint, listener) in listeners.GetValueOrDefault(typeof(TRequest)) ?? [])
        {
            if (listener is RequestListener<TRequest, TResponse> answers)
                endpoint.Post(stop => AnswerAsync(answers, request, answer, stop));
        }

        try
        {
            return await answer.Task.WaitAsync(timeout, cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            throw Unanswered<TRequest>(timeout, failure);
        }
    }

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        openAtStart.ForEach(queue => queue.Open());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(queues.Values.Select(queue => queue.DrainAsync(cancellationToken)));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        foreach (var queue in queues.Values)
            queue.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task HearFirstAsync<TMessage>(BusListener listener, TMessage message, CancellationToken stop)
        where TMessage : class
    {
        try
        {
            await listener.HearAsync(message, services, stop);
        }
        finally
        {
            // Also after a failure, because the others must not miss a message for it.
            PostToOthers(message);
        }
    }

    private void PostToOthers<TMessage>(TMessage message)
        where TMessage : class
    {
        foreach (var (endpoint, listener) in listeners.GetValueOrDefault(typeof(TMessage)) ?? [])
            endpoint.Post(stop => listener.HearAsync(message, services, stop));
    }

    private async Task AnswerAsync<TRequest, TResponse>(
        RequestListener<TRequest, TResponse> answers, TRequest request, TaskCompletionSource<TResponse> answer, CancellationToken stop)
        where TRequest : class
        where TResponse : class
    {
        try
        {
            answer.TrySetResult(await answers.AnswerAsync(request, services, stop));
        }
        catch (Exception failure)
        {
            answer.TrySetException(failure);
        }
    }
}
