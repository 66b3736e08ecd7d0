namespace DistributedBatch.Tracker;

/// <summary>Settings of the tracker.</summary>
public sealed class TrackerOptions
{
    /// <summary>Directory for <c>tracker.db</c>, logs and outputs. Default <c>.dbatch</c> under the working directory.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>PostgreSQL connection string (<c>Host=…;Database=…</c> or <c>postgres://…</c>); null (default) keeps everything in <c>tracker.db</c>.</summary>
    public string? Database { get; set; }

    /// <summary>
    /// How long messages are gathered before they are written together. Default 100 ms. Shorter costs processor time in runs of short chunks; longer shows
    /// everything later and holds as many more messages unacknowledged.
    /// </summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// After how long a silent host counts as gone. Default 30 s. Must be longer than a few heartbeats, or busy hosts flicker; longer shows dead hosts as
    /// alive.
    /// </summary>
    public TimeSpan HostSilence { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// File with the operator token that all of <c>/api</c> asks for; made on the first start, readable by its owner only. Null (default) is <c>token</c> in
    /// <see cref="DataDirectory"/>.
    /// </summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// PEM file with the public keys of the producers, which hosts may ask for. Null (default) is what a producer with the same <see cref="DataDirectory"/>
    /// leaves there.
    /// </summary>
    public string? TrustFile { get; set; }

    /// <summary>Most bytes the outputs and logs of one attempt may have when a host brings them. Default 64 GiB; more is refused with a sentence.</summary>
    public long MostOutputBytes { get; set; } = 64L << 30;

    /// <summary>
    /// How long a run is kept after its end, with its logs and its outputs under <see cref="DataDirectory"/>. Null (default) keeps everything. Shorter than
    /// people take to fetch their results loses them.
    /// </summary>
    public TimeSpan? Keep { get; set; }

    /// <summary>
    /// How long nothing of a run moves before those who asked are told that it stands still. Default 10 min; while chunks are being worked on, five times
    /// the longest attempt so far where that is more. Shorter cries wolf.
    /// </summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a request waits for the producer's answer. Default 30 s. Shorter refuses submissions while the producer restarts; longer keeps clients waiting
    /// for a producer that is not there.
    /// </summary>
    public TimeSpan ProducerPatience { get; set; } = TimeSpan.FromSeconds(30);
}
