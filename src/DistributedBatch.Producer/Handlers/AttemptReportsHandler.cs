using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A host reports on attempts: the ledger settles their chunks.</summary>
internal sealed class AttemptReportsHandler(
    RunRegistry runs, HostRegistry hosts, HostSupervisor supervisor, ChunkDispatcher dispatcher, OutboxPublisher outbox) : LoopHandler<AttemptReports>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(AttemptReports message, DateTimeOffset now, CancellationToken cancellation)
    {
        hosts.RecordReport(message.Host, now);
        foreach (var report in message.Reports)
        {
            if (runs.Find(report.Run) is { } run)
                Settle(run, report, now);
            else if (report.Outcome is null && runs.Overviews.TryGetValue(report.Run, out var settled) && settled.State == RunState.Cancelled)
                // The chunk was still in the queue when its run was cancelled, and this host came after the message that said so.
                await outbox.PublishAsync(new RunControlMessage(report.Run, RunState.Cancelled, settled.Revision), cancellation);
        }

        return null;
    }

    private void Settle(ActiveRun run, AttemptReport report, DateTimeOffset now)
    {
        supervisor.Record(report);
        if (run.Ledger.Settle(report, now) is not (SettleResult.Stale or SettleResult.Duplicate or SettleResult.Started))
            dispatcher.RecordEnd(run, report.Duration, now);
    }
}
