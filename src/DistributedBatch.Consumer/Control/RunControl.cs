using System.Collections.Concurrent;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Control;

/// <summary>Handles cancelled and paused runs. Running attempts of a cancelled run are stopped; chunks that arrive later are not run.</summary>
internal sealed class RunControl(RunningAttempts running) : IMessageHandler<RunControlMessage>
{
    // State changes are rare. After so many runs the chunks of the first ones are long gone, so the host may forget them.
    private const int MaxRuns = 10_000;

    private readonly ConcurrentDictionary<RunId, RunControlMessage> latest = new();

    /// <summary>Raised when a run has ended: nothing needs to be kept for its next chunk.</summary>
    public event Action<RunId>? Ended;

    /// <inheritdoc/>
    public Task HandleAsync(RunControlMessage message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (latest.Count >= MaxRuns)
            latest.Clear();
        var newest = latest.AddOrUpdate(message.Run, message, (_, known) => known.Revision > message.Revision ? known : message);
        if (newest.State == RunState.Cancelled)
            running.Stop(attempt => attempt.Chunk.Run == message.Run, AttemptOutcome.Cancelled, "The run was cancelled.");
        if (message.State is RunState.Succeeded or RunState.Failed or RunState.Cancelled)
            Ended?.Invoke(message.Run);
        return Task.CompletedTask;
    }

    /// <summary>The outcome to report for a chunk of <paramref name="run"/> that is not to be run; null when it is to be run.</summary>
    public AttemptOutcome? OutcomeInsteadOfRunning(RunId run) => latest.IsEmpty ? null : StateOf(run) switch
    {
        RunState.Cancelled => AttemptOutcome.Cancelled,
        RunState.Paused => AttemptOutcome.Released,
        _ => null,
    };

    /// <summary>The latest state that the producer sent for a run; null when it sent none.</summary>
    public RunState? StateOf(RunId run) => latest.TryGetValue(run, out var message) ? message.State : null;
}
