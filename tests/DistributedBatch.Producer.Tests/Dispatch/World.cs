using System.Collections.Concurrent;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Producer.Tests.Dispatch;

/// <summary>Mirrors what the producer publishes, as the tracker does: the newest revision counts.</summary>
internal sealed class World : IMessageHandler<RunSubmitted>, IMessageHandler<RunChanged>, IMessageHandler<RunControlMessage>
{
    private readonly ConcurrentDictionary<(RunId Run, int Index), ChunkChange> chunks = new();
    private readonly ConcurrentDictionary<RunId, RunChanged> runs = new();
    private readonly ConcurrentDictionary<(RunId Run, RunState State), TaskCompletionSource> states = new();

    public ConcurrentQueue<RunSubmitted> Submitted { get; } = new();

    public ConcurrentQueue<RunControlMessage> Steered { get; } = new();

    public RunChanged Run(RunId run) => runs[run];

    public ChunkChange[] Chunks(RunId run) =>
        [.. chunks.Where(pair => pair.Key.Run == run).Select(pair => pair.Value).OrderBy(chunk => chunk.Index)];

    /// <summary>Ends when the world has heard that the run is settled in this state, or paused.</summary>
    public Task HeardAsync(RunId run, RunState state, CancellationToken cancellation) => Signal(run, state).Task.WaitAsync(cancellation);

    public Task HandleAsync(RunSubmitted message, CancellationToken cancellation)
    {
        Submitted.Enqueue(message);
        return Task.CompletedTask;
    }

    public Task HandleAsync(RunControlMessage message, CancellationToken cancellation)
    {
        Steered.Enqueue(message);
        return Task.CompletedTask;
    }

    public Task HandleAsync(RunChanged message, CancellationToken cancellation)
    {
        foreach (var change in message.Chunks)
            chunks.AddOrUpdate((message.Run, change.Index), change, (_, known) => change.Revision > known.Revision ? change : known);
        var run = runs.AddOrUpdate(message.Run, message, (_, known) => message.Revision >= known.Revision ? message : known);
        if (run.FinishedAt is not null || run.State == RunState.Paused)
            Signal(message.Run, run.State).TrySetResult();
        return Task.CompletedTask;
    }

    private TaskCompletionSource Signal(RunId run, RunState state) =>
        states.GetOrAdd((run, state), _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
