using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Benchmarks;

/// <summary>Sits where a tracker would and keeps only how a run stands, so that nothing piles up in the tracker's queue.</summary>
internal sealed class RunListener : IMessageHandler<RunChanged>, IMessageHandler<RunSubmitted>, IMessageHandler<AttemptReports>
{
    private readonly TaskCompletionSource<RunChanged> settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int mostOnTheirWay;

    /// <summary>The last word on the run.</summary>
    public Task<RunChanged> Settled => settled.Task;

    /// <summary>Most chunks that were queued or running at once, by the ledger's account.</summary>
    public int MostOnTheirWay => mostOnTheirWay;

    /// <summary>Chunks settled so far.</summary>
    public int Done { get; private set; }

    public Task HandleAsync(RunChanged message, CancellationToken cancellation)
    {
        mostOnTheirWay = Math.Max(mostOnTheirWay, message.Counts.Queued + message.Counts.Running);
        Done = Math.Max(Done, message.Counts.Succeeded + message.Counts.Failed);
        if (message.State.IsSettled())
            settled.TrySetResult(message);
        return Task.CompletedTask;
    }

    public Task HandleAsync(RunSubmitted message, CancellationToken cancellation) => Task.CompletedTask;

    public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => Task.CompletedTask;
}
