using System.Threading.Channels;

namespace DistributedBatch.Messaging.Bus.InProcess;

/// <summary>The queue of one endpoint within one process. Messages wait until it is opened.</summary>
/// <param name="queue">Its name, for the log.</param>
/// <param name="parallel">See <see cref="BusEndpoint.Parallel"/>.</param>
/// <param name="logger">For messages that are dropped.</param>
internal sealed partial class InProcessEndpoint(string queue, int parallel, ILogger logger) : IDisposable
{
    private readonly Channel<Func<CancellationToken, Task>> waiting =
        Channel.CreateUnbounded<Func<CancellationToken, Task>>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SemaphoreSlim places = new(parallel);
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationTokenSource abandon = new();
    private Task listening = Task.CompletedTask;

    /// <summary>Adds a message; it is dropped once the bus has stopped.</summary>
    public void Post(Func<CancellationToken, Task> work) => waiting.Writer.TryWrite(work);

    /// <summary>Starts handling messages.</summary>
    public void Open() => listening = Task.Run(ListenAsync);

    /// <summary>Ends when the messages in the handlers are done. Other messages go on waiting.</summary>
    public async Task CloseAsync(CancellationToken cancellation)
    {
        await closing.CancelAsync();
        await EndAsync(cancellation);
    }

    /// <summary>Ends when all messages are done, and accepts no others.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        waiting.Writer.TryComplete();
        await EndAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        places.Dispose();
        closing.Dispose();
        abandon.Dispose();
    }

    private async Task EndAsync(CancellationToken cancellation)
    {
        await using var limit = cancellation.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), abandon);
        await listening;
    }

    private async Task ListenAsync()
    {
        try
        {
            while (await waiting.Reader.WaitToReadAsync(closing.Token))
            {
                while (!closing.IsCancellationRequested && waiting.Reader.TryRead(out var work))
                {
                    await places.WaitAsync(abandon.Token);

                    // Started one after the other, so in order up to each handler's first await.
                    _ = DoAsync(work);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Closed or abandoned.
        }

        for (var place = 0; place < parallel; place++)
            await places.WaitAsync();
        places.Release(parallel);
    }

    private async Task DoAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(abandon.Token);
        }
        catch (Exception failure)
        {
            if (!abandon.IsCancellationRequested)
                LogGivenUp(queue, failure);
        }
        finally
        {
            places.Release();
        }
    }

    [LoggerMessage(123, LogLevel.Error, "A message in {Queue} could not be handled and is dropped")]
    private partial void LogGivenUp(string queue, Exception failure);
}
