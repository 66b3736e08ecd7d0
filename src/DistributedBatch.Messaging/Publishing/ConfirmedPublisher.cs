using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Publishing;

/// <summary>
/// Publishes to queues and waits for the broker's confirm of each message. One channel sends the messages one after the other, because channels do not allow concurrent
/// publishing. Up to <see cref="BrokerOptions.ConfirmWindow"/> messages wait for their confirm. The client's own limiter cannot bound them: it releases its permit before
/// the confirm, and it throws under load.
/// </summary>
internal sealed class ConfirmedPublisher(ConnectionSupervisor connection, BrokerOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim window = new(options.ConfirmWindow);
    private readonly SemaphoreSlim turn = new(1);
    private IChannel? channel;

    /// <summary>Publishes one message, mandatory and persistent. Waits while the broker cannot be reached.</summary>
    /// <exception cref="ChunkUnpublishedException">The broker did not confirm the message; the queue may have it or not.</exception>
    public async Task PublishAsync(string queue, ReadOnlyMemory<byte> body, BasicProperties properties, CancellationToken cancellation)
    {
        await window.WaitAsync(cancellation);
        try
        {
            Task confirm;
            await turn.WaitAsync(cancellation);
            try
            {
                var open = channel is { IsOpen: true } ready ? ready : await OpenAsync(cancellation);
                confirm = open.BasicPublishAsync("", queue, mandatory: true, properties, body, cancellation).AsTask();
            }
            finally
            {
                turn.Release();
            }

            await confirm;
        }
        catch (PublishException refused) when (refused.IsReturn)
        {
            await DeclareAgainAsync(cancellation);
            throw new ChunkUnpublishedException($"The broker has no queue '{queue}'. It was declared again; publish again.", refused);
        }
        catch (PublishException refused)
        {
            throw new ChunkUnpublishedException(
                $"The broker did not take a message for queue '{queue}'; most likely the queue is full ({options.QueueLimit} messages).", refused);
        }
        catch (Exception lost) when (ConnectionLoss.Caused(lost))
        {
            throw new ChunkUnpublishedException(
                $"The connection was lost before the broker confirmed a message for queue '{queue}' ({lost.Message}); it may be there or not.", lost);
        }
        finally
        {
            window.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (channel is not null)
            await channel.DisposeAsync();
        window.Dispose();
        turn.Dispose();
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellation)
    {
        if (channel is not null)
            await channel.DisposeAsync();
        channel = null;
        var live = await connection.ConnectedAsync(cancellation);
        return channel = await live.CreateChannelAsync(
            new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                outstandingPublisherConfirmationsRateLimiter: null),
            cancellation);
    }

    private async Task DeclareAgainAsync(CancellationToken cancellation)
    {
        try
        {
            await connection.DeclareAsync(cancellation);
        }
        catch (Exception lost) when (ConnectionLoss.Caused(lost))
        {
            // The supervisor declares everything when it is connected again.
        }
    }
}
