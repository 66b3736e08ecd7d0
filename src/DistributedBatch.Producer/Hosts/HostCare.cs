using DistributedBatch.Contracts.Messages;
using DistributedBatch.Producer.Dispatch;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Hosts;

/// <summary>Keeps the judgement on hosts up to date and tells them of it. Within one process there is one host, and nothing to judge.</summary>
internal sealed class HostCare(HostRegistry hosts, HostQuarantine health, RunRegistry runs, OutboxPublisher announcer, bool queueSurvives, ILogger<HostCare> log)
{
    /// <summary>Takes in the end of an attempt.</summary>
    public void Ended(AttemptReport report)
    {
        if (queueSurvives && report.Outcome is not null)
            health.Ended(report);
    }

    /// <summary>Takes in a heartbeat.</summary>
    /// <returns>True when the host is new.</returns>
    public async ValueTask<bool> HeardAsync(HostHeartbeat heartbeat, DateTimeOffset now, CancellationToken cancellation)
    {
        if (queueSurvives && health.Heard(heartbeat, now) is { } reminder)
            await announcer.SteeredAsync(reminder, cancellation);
        return hosts.Heard(heartbeat, now);
    }

    /// <summary>Looks at all hosts.</summary>
    public async ValueTask WatchAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (!queueSurvives)
            return;
        foreach (var told in health.Decide([.. runs.Active.Select(run => (run.Id, run.ResourceClass))], hosts, now))
        {
            if (told.OnHold is { } reason)
                ProducerLog.HostOnHold(log, told.Host, reason);
            else
                ProducerLog.HostTriedAgain(log, told.Host);
            await announcer.SteeredAsync(told, cancellation);
        }
    }
}
