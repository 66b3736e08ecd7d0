using System.Collections.Concurrent;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Control;

/// <summary>
/// Handles cancelled and paused runs. Running attempts of a cancelled run are stopped; chunks that arrive later are not run. A chunk that was dispatched after the cancel
/// or pause proves that the run runs again, whether or not a message said so.
/// </summary>
internal sealed class RunControl(RunningAttempts running) : IMessageHandler<RunControlMessage>
{
    // State changes are rare. After so many runs the chunks of the first ones are long gone, so the host may forget them.
    private const int MaxRuns = 10_000;

    private readonly ConcurrentDictionary<RunId, RunOrder> orders = new();

    /// <summary>Raised when a run has ended: nothing needs to be kept for its next chunk.</summary>
    public event Action<RunId>? Ended;

    /// <summary>Raised when the producer wants to know what runs here.</summary>
    public event Action? HeartbeatWanted;

    /// <inheritdoc/>
    public Task HandleAsync(RunControlMessage message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (orders.Count >= MaxRuns)
            orders.Clear();
        orders.AddOrUpdate(message.Run, RunOrder.None.With(message), (_, known) => known.With(message));
        running.Stop(
            attempt => attempt.Chunk.Run == message.Run && OutcomeInsteadOfRunning(attempt.Chunk) == AttemptOutcome.Cancelled,
            AttemptOutcome.Cancelled,
            message.State == RunState.Cancelled ? "The run was cancelled." : "The run is over; this attempt was a copy.");
        if (message.SettledChunks is { } settled)
        {
            running.Stop(
                attempt => attempt.Chunk.Run == message.Run && settled.Contains(attempt.Chunk.Index),
                AttemptOutcome.Cancelled,
                "Another attempt has settled the chunk; this one was a copy.");
        }

        if (message.State.IsSettled())
            Ended?.Invoke(message.Run);
        if (message.WantsHeartbeats)
            HeartbeatWanted?.Invoke();
        return Task.CompletedTask;
    }

    /// <summary>The outcome to report for a chunk that is not to be run; null when it is to be run.</summary>
    public AttemptOutcome? OutcomeInsteadOfRunning(RunChunk chunk) =>
        orders.TryGetValue(chunk.Run, out var order) ? order.OutcomeInsteadOfRunning(chunk.Revision) : null;

    /// <summary>The latest state that the producer sent for a run; null when it sent none.</summary>
    public RunState? StateOf(RunId run) => orders.TryGetValue(run, out var order) ? order.State : null;
}
