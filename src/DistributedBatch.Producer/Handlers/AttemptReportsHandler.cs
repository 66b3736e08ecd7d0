using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A host reports on attempts: the ledger settles their chunks. An attempt that starts although its chunk is settled is stopped.</summary>
internal sealed class AttemptReportsHandler(
    RunRegistry runs, HostRegistry hosts, HostSupervisor supervisor, CopyStopper copies, ChunkDispatcher dispatcher) : LoopHandler<AttemptReports>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(AttemptReports message, DateTimeOffset now, CancellationToken cancellation)
    {
        hosts.RecordReport(message.Host, now);
        List<(RunId Run, int Index)>? started = null;
        foreach (var report in message.Reports)
        {
            if (runs.Find(report.Run) is { } run)
                Settle(run, message.Host, report, now);
            if (report.Outcome is null)
                (started ??= []).Add((report.Run, report.Index));
        }

        if (started is not null)
            await copies.StopAsync(started, cancellation);
        return null;
    }

    private void Settle(ActiveRun run, string host, AttemptReport report, DateTimeOffset now)
    {
        hosts.RecordWork(host, run.ResourceClass, now);
        supervisor.Record(report);
        if (run.Ledger.Settle(report, now) is not (SettleResult.Stale or SettleResult.Duplicate or SettleResult.Started))
            dispatcher.RecordEnd(run, report.Duration, now);
    }
}
