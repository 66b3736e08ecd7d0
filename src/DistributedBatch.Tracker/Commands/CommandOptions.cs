namespace DistributedBatch.Tracker.Commands;

/// <summary>Settings of <see cref="RunCommands"/>.</summary>
public sealed class CommandOptions
{
    /// <summary>
    /// How long a request waits for the producer's answer. Default 30 s. A shorter time refuses submissions while the producer restarts. A longer one keeps
    /// clients waiting when no producer runs.
    /// </summary>
    public TimeSpan ProducerTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
