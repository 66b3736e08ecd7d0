using System.Collections.Concurrent;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Control;

/// <summary>Which runs were cancelled or paused: their running attempts are stopped (cancel), their queued chunks handed back.</summary>
internal sealed class RunControl(RunningAttempts running) : IMessageHandler<RunControlMessage>
{
    // Broadcasts are rare; a host that heard of so many runs may forget the first ones, whose chunks are long gone.
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<RunId, RunControlMessage> latest = new();

    /// <inheritdoc/>
    public Task HandleAsync(RunControlMessage message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (latest.Count >= Most)
            latest.Clear();
        var newest = latest.AddOrUpdate(message.Run, message, (_, known) => known.Revision > message.Revision ? known : message);
        if (newest.State == RunState.Cancelled)
            running.Stop(attempt => attempt.Chunk.Run == message.Run, AttemptOutcome.Cancelled, "The run was cancelled.");
        return Task.CompletedTask;
    }

    /// <summary>What a chunk of <paramref name="run"/> that arrives now is to be reported as without being run; null to run it.</summary>
    public AttemptOutcome? Instead(RunId run) => latest.IsEmpty ? null : StateOf(run) switch
    {
        RunState.Cancelled => AttemptOutcome.Cancelled,
        RunState.Paused => AttemptOutcome.Released,
        _ => null,
    };

    /// <summary>The newest state heard of a run; null when nothing was.</summary>
    public RunState? StateOf(RunId run) => latest.TryGetValue(run, out var steered) ? steered.State : null;
}
