using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>Handles messages of every type and keeps the last one.</summary>
internal sealed class CountingHandler : IMessageHandler<object>, IRequestHandler<IVersioned, RunCommandResult>
{
    private int count;

    public int Count => Volatile.Read(ref count);

    public Task HandleAsync(object message, CancellationToken cancellation)
    {
        Interlocked.Increment(ref count);
        return Task.CompletedTask;
    }

    public Task<RunCommandResult> AnswerAsync(IVersioned request, CancellationToken cancellation)
    {
        Interlocked.Increment(ref count);
        return Task.FromResult(RunCommandResult.Done(Sample.Run));
    }
}
