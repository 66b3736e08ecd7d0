namespace DistributedBatch.Tracker;

/// <summary>Settings of the tracker.</summary>
public sealed class TrackerOptions
{
    /// <summary>Directory for <c>tracker.db</c>, logs and outputs. Default <c>.dbatch</c> under the working directory.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>PostgreSQL connection string (<c>Host=…;Database=…</c> or <c>postgres://…</c>); null (default) keeps everything in <c>tracker.db</c>.</summary>
    public string? Database { get; set; }

    /// <summary>
    /// How long messages are gathered before they are written together. Default 50 ms. Shorter costs processor time in runs of short chunks; longer shows
    /// everything later and holds as many more messages unacknowledged.
    /// </summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// After how long a silent host counts as gone. Default 30 s. Must be longer than a few heartbeats, or busy hosts flicker; longer shows dead hosts as
    /// alive.
    /// </summary>
    public TimeSpan HostSilence { get; set; } = TimeSpan.FromSeconds(30);
}
