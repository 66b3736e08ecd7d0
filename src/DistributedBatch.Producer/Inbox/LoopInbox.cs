using System.Threading.Channels;

namespace DistributedBatch.Producer.Inbox;

/// <summary>The only way into the producer's loop, from any thread. Every message type has one <see cref="LoopHandler{TMessage}"/>.</summary>
internal sealed class LoopInbox
{
    private readonly Channel<LoopInput> inputs = Channel.CreateUnbounded<LoopInput>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>What the loop reads.</summary>
    public ChannelReader<LoopInput> Reader => inputs.Reader;

    /// <summary>Begins a round of the loop, even without a message.</summary>
    public void Wake() => inputs.Writer.TryWrite(default);

    /// <summary>Gives the loop a message without waiting for its handling. After the loop's end the message is dropped.</summary>
    public void Post(object message) => inputs.Writer.TryWrite(new LoopInput(message, Reply: null));

    /// <summary>Gives the loop a message.</summary>
    /// <returns>The handler's answer, after the commit; null when the loop has ended.</returns>
    public LoopReply? TrySend(object message)
    {
        var reply = new LoopReply();
        return inputs.Writer.TryWrite(new LoopInput(message, reply)) ? reply : null;
    }

    /// <summary>Gives the loop a message and waits for the handler's answer, which comes after the commit.</summary>
    /// <exception cref="OperationCanceledException">The loop has ended, or <paramref name="cancellation"/>.</exception>
    public async Task<TAnswer> AskAsync<TAnswer>(object message, CancellationToken cancellation)
    {
        var reply = TrySend(message) ?? throw new OperationCanceledException("The producer has stopped.");
        return (TAnswer)(await reply.Task.WaitAsync(cancellation))!;
    }

    /// <summary>Takes nothing more; what it has can still be read.</summary>
    public void Close() => inputs.Writer.TryComplete();
}
