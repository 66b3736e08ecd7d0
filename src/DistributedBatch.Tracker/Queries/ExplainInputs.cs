namespace DistributedBatch.Tracker.Queries;

/// <summary>The facts for <see cref="Explainer"/>.</summary>
/// <param name="Run">The run.</param>
/// <param name="Job">The job; null until the submission arrives.</param>
/// <param name="Retries">How often a failed chunk is retried.</param>
/// <param name="Chunk">The chunk to explain; null for the run.</param>
/// <param name="NextRetry">When the first failed chunk may be retried; null when none waits.</param>
/// <param name="WaitingForRetry">The number of failed chunks that wait for a retry.</param>
/// <param name="FailedChunks">The first failed chunks.</param>
/// <param name="FailedAttempts">The latest failed attempts, also those whose chunk runs again.</param>
/// <param name="Hosts">All known hosts.</param>
/// <param name="Now">The time.</param>
/// <param name="Broker">The tracker's connection to the broker; null without a broker.</param>
/// <param name="ProducerProblem">Why the producer dispatches nothing, in one or two sentences; null when it does, or is not asked.</param>
/// <param name="FullDisk">The data directory when its disk is full; null otherwise.</param>
internal sealed record ExplainInputs(
    RunView Run, JobSpec? Job, int Retries, ChunkView? Chunk, DateTimeOffset? NextRetry, long WaitingForRetry, IReadOnlyList<ChunkView> FailedChunks,
    IReadOnlyList<AttemptView> FailedAttempts, IReadOnlyList<HostView> Hosts, DateTimeOffset Now, BrokerView? Broker = null, string? ProducerProblem = null, string? FullDisk = null)
{
    /// <summary>The resource class that the run needs.</summary>
    public string ResourceClass => Job?.Gpus > 0 ? Messaging.Chunks.ResourceClass.Gpu : Messaging.Chunks.ResourceClass.Cpu;

    /// <summary>The online hosts that serve this resource class.</summary>
    public IEnumerable<HostView> SuitableHosts => Hosts.Where(host => host.Alive && host.Host.Classes.Contains(ResourceClass));
}
