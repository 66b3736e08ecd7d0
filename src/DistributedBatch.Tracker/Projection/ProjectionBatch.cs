using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// What a number of messages amount to, in any order and however often each came: of every run and chunk the largest revision, of every attempt its end
/// rather than its start, of every host its last heartbeat. Folding first is what makes a fast run cheap to watch: a chunk that was queued, ran and succeeded
/// within one batch is one row written.
/// </summary>
internal sealed class ProjectionBatch
{
    /// <summary>Submissions, one a run.</summary>
    public Dictionary<RunId, RunSubmitted> Submitted { get; } = [];

    /// <summary>The newest snapshot of each run.</summary>
    public Dictionary<RunId, RunChanged> Runs { get; } = [];

    /// <summary>The newest word on each chunk.</summary>
    public Dictionary<(RunId Run, int Index), ChunkChange> Chunks { get; } = [];

    /// <summary>The most telling report on each attempt.</summary>
    public Dictionary<(RunId Run, int Index, int Attempt), AttemptReport> Attempts { get; } = [];

    /// <summary>Leases taken.</summary>
    public List<LeaseTaken> Leases { get; } = [];

    /// <summary>The last heartbeat of each host, and when it arrived here.</summary>
    public Dictionary<string, (HostHeartbeat Heartbeat, DateTimeOffset ReceivedAt)> Heartbeats { get; } = [];

    /// <summary>Rows this batch will write, roughly.</summary>
    public int Weight => Submitted.Count + Runs.Count + Chunks.Count + Attempts.Count + Leases.Count + Heartbeats.Count;

    /// <summary>True once a run in it is new or over, so that somebody may wait for it: who submitted it, or a host that has done its first chunk already.</summary>
    public bool Urgent { get; private set; }

    /// <summary>Takes in one message.</summary>
    public void Fold(object message, DateTimeOffset receivedAt)
    {
        switch (message)
        {
            case RunSubmitted submitted:
                Submitted[submitted.Run] = submitted;
                Urgent = true;
                break;
            case RunChanged changed:
                Fold(changed);
                break;
            case AttemptReports reports:
                foreach (var report in reports.Reports)
                    Fold(report);
                break;
            case HostHeartbeat heartbeat:
                if (!Heartbeats.TryGetValue(heartbeat.Host.Name, out var known) || heartbeat.At >= known.Heartbeat.At)
                    Heartbeats[heartbeat.Host.Name] = (heartbeat, receivedAt);
                break;
            case LeaseTaken lease:
                Leases.Add(lease);
                break;
            default:
                throw new ArgumentException($"The tracker does not know what a {message.GetType().Name} means.", nameof(message));
        }
    }

    private void Fold(RunChanged changed)
    {
        if (!Runs.TryGetValue(changed.Run, out var known) || changed.Revision > known.Revision)
            Runs[changed.Run] = changed;
        foreach (var chunk in changed.Chunks)
        {
            if (!Chunks.TryGetValue((changed.Run, chunk.Index), out var older) || chunk.Revision > older.Revision)
                Chunks[(changed.Run, chunk.Index)] = chunk;
        }

        Urgent |= changed.State.IsSettled();
    }

    private void Fold(AttemptReport report)
    {
        var key = (report.Run, report.Index, report.Attempt);
        if (!Attempts.TryGetValue(key, out var known) || known.Outcome is null)
            Attempts[key] = report;
    }
}
