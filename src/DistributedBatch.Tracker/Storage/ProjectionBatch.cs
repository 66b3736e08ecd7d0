namespace DistributedBatch.Tracker.Storage;

/// <summary>
/// Messages folded into the changes they make, in any order and with repetitions: the largest revision of every run and chunk, the end of every attempt
/// rather than its start, and the last heartbeat of every host. Folding makes fast runs cheap: a chunk that is queued, runs and succeeds within one batch is one
/// written row.
/// </summary>
internal sealed class ProjectionBatch
{
    /// <summary>The submissions, one for each run.</summary>
    public Dictionary<RunId, RunSubmitted> Submitted { get; } = [];

    /// <summary>The newest state of each run.</summary>
    public Dictionary<RunId, RunChanged> Runs { get; } = [];

    /// <summary>The newest state of each chunk.</summary>
    public Dictionary<(RunId Run, int Index), ChunkChange> Chunks { get; } = [];

    /// <summary>The last report of each attempt.</summary>
    public Dictionary<(RunId Run, int Index, int Attempt), AttemptReport> Attempts { get; } = [];

    /// <summary>The leases.</summary>
    public List<LeaseTaken> Leases { get; } = [];

    /// <summary>The last heartbeat of each host and its time of arrival.</summary>
    public Dictionary<string, (HostHeartbeat Heartbeat, DateTimeOffset ReceivedAt)> Heartbeats { get; } = [];

    /// <summary>About how many rows the batch writes.</summary>
    public int Weight => Submitted.Count + Runs.Count + Chunks.Count + Attempts.Count + Leases.Count + Heartbeats.Count;

    /// <summary>Whether a run in the batch is new or settled. Somebody may be waiting for that, so the batch is committed soon.</summary>
    public bool Urgent { get; private set; }

    /// <summary>Adds one message.</summary>
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
                if (!Heartbeats.TryGetValue(heartbeat.Host.Name, out var known) || receivedAt >= known.ReceivedAt)
                    Heartbeats[heartbeat.Host.Name] = (heartbeat, receivedAt);
                break;
            case LeaseTaken lease:
                Leases.Add(lease);
                break;
            default:
                throw new ArgumentException($"The tracker does not handle messages of type {message.GetType().Name}.", nameof(message));
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
        var isNews = !Attempts.TryGetValue(key, out var known) || known.Outcome is null
            || (known.Outcome == AttemptOutcome.HostLost && report.Outcome == AttemptOutcome.Succeeded);
        if (isNews)
            Attempts[key] = report;
    }
}
