using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Tells hosts to stop attempts whose chunk or run is settled. Such copies exist when a chunk was taken for lost, when a run was cancelled while its chunks were queued,
/// and after a crash. They would hold slots for nothing.
/// </summary>
internal sealed class CopyStopper(RunRegistry runs, OutboxPublisher outbox)
{
    /// <summary>
    /// A younger attempt can be one whose report is on its way. Short attempts end by themselves.
    /// </summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(10);

    /// <summary>Stops the copies among the attempts that a heartbeat names.</summary>
    public ValueTask StopAsync(HostHeartbeat heartbeat, CancellationToken cancellation) => StopAsync(
        [.. heartbeat.Running.Where(attempt => heartbeat.At - attempt.StartedAt >= MinAge).Select(attempt => (attempt.Run, attempt.Index))], cancellation);

    /// <summary>Stops the copies among attempts that run.</summary>
    public async ValueTask StopAsync(IReadOnlyList<(RunId Run, int Index)> running, CancellationToken cancellation)
    {
        foreach (var attempts in running.GroupBy(attempt => attempt.Run, attempt => attempt.Index))
        {
            if (runs.Find(attempts.Key) is { } run)
            {
                int[] settled = [.. attempts.Where(run.Ledger.IsSettled)];
                if (settled.Length > 0)
                    await outbox.PublishAsync(new RunControlMessage(run.Id, run.Ledger.State, run.Ledger.Revision) { SettledChunks = settled }, cancellation);
            }
            else if (runs.Overviews.TryGetValue(attempts.Key, out var over) && over.IsSettled)
            {
                await outbox.PublishAsync(new RunControlMessage(over.Run, over.State, over.Revision), cancellation);
            }
        }
    }
}
