using System.Collections.Concurrent;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Producer.Tests.Loop;

/// <summary>What the producer publishes, kept as the tracker keeps it: the newest revision counts.</summary>
internal sealed class PublishedRuns : IMessageHandler<RunSubmitted>, IMessageHandler<RunChanged>, IMessageHandler<RunControlMessage>
{
    private readonly ConcurrentDictionary<(RunId Run, int Index), ChunkChange> chunks = new();
    private readonly ConcurrentDictionary<RunId, RunChanged> runs = new();
    private readonly ConcurrentDictionary<TaskCompletionSource, (RunId Run, Predicate<RunChanged> Condition)> waiters = new();

    public ConcurrentQueue<RunSubmitted> Submitted { get; } = new();

    public ConcurrentQueue<RunControlMessage> Controls { get; } = new();

    public RunChanged Run(RunId run) => runs[run];

    public ChunkChange[] Chunks(RunId run) =>
        [.. chunks.Where(pair => pair.Key.Run == run).Select(pair => pair.Value).OrderBy(chunk => chunk.Index)];

    /// <summary>Ends when it was published that the run is settled in this state, or paused.</summary>
    public Task ReachesAsync(RunId run, RunState state, CancellationToken cancellation) =>
        ReachesAsync(run, change => change.State == state && (change.FinishedAt is not null || state == RunState.Paused), cancellation);

    /// <summary>Ends when a state of the run was published that meets the condition.</summary>
    public Task ReachesAsync(RunId run, Predicate<RunChanged> condition, CancellationToken cancellation)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiters[waiter] = (run, condition);
        if (runs.TryGetValue(run, out var known) && condition(known))
            waiter.TrySetResult();
        return waiter.Task.WaitAsync(cancellation);
    }

    public Task HandleAsync(RunSubmitted message, CancellationToken cancellation)
    {
        Submitted.Enqueue(message);
        return Task.CompletedTask;
    }

    public Task HandleAsync(RunControlMessage message, CancellationToken cancellation)
    {
        Controls.Enqueue(message);
        return Task.CompletedTask;
    }

    public Task HandleAsync(RunChanged message, CancellationToken cancellation)
    {
        foreach (var change in message.Chunks)
            chunks.AddOrUpdate((message.Run, change.Index), change, (_, known) => change.Revision > known.Revision ? change : known);
        var newest = runs.AddOrUpdate(message.Run, message, (_, known) => message.Revision >= known.Revision ? message : known);
        foreach (var (waiter, (run, condition)) in waiters)
        {
            if (run == newest.Run && condition(newest))
                waiter.TrySetResult();
        }

        return Task.CompletedTask;
    }
}
