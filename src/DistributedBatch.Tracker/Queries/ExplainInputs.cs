using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Queries;

/// <summary>What <see cref="Explainer"/> looks at.</summary>
/// <param name="Run">The run.</param>
/// <param name="Job">What it runs; null while its submission has not been heard.</param>
/// <param name="Retries">Attempts a chunk gets after its first failed one.</param>
/// <param name="Chunk">The chunk asked about; null for the run as a whole.</param>
/// <param name="NextRetry">When the first chunk that waits after a failure may run again; null when none waits.</param>
/// <param name="Waiting">How many chunks wait like that.</param>
/// <param name="Hosts">Every host known.</param>
/// <param name="Now">The time.</param>
/// <param name="Broker">How the tracker stands with the broker; null where there is none.</param>
internal sealed record ExplainInputs(
    RunView Run, JobSpec? Job, int Retries, ChunkView? Chunk, DateTimeOffset? NextRetry, long Waiting, IReadOnlyList<HostView> Hosts, DateTimeOffset Now,
    BrokerView? Broker = null)
{
    /// <summary>The resource class the run needs.</summary>
    public string ResourceClass => Job?.Gpus > 0 ? Messaging.Chunks.ResourceClass.Gpu : Messaging.Chunks.ResourceClass.Cpu;

    /// <summary>Hosts that live and serve the class the run needs.</summary>
    public IEnumerable<HostView> Suitable => Hosts.Where(host => host.Alive && host.Host.Classes.Contains(ResourceClass));
}
