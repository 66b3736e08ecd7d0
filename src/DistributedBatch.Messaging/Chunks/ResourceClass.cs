using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Messaging.Chunks;

/// <summary>Which hosts can run a chunk at all; each class has a queue of its own, so that a GPU chunk never blocks the head of another's queue.</summary>
public static class ResourceClass
{
    /// <summary>Any host.</summary>
    public const string Cpu = "cpu";

    /// <summary>Hosts with a GPU.</summary>
    public const string Gpu = "gpu";

    /// <summary>The class of <paramref name="chunk"/>.</summary>
    public static string Of(RunChunk chunk) => Of(chunk.Job);

    /// <summary>The class of every chunk of <paramref name="job"/>.</summary>
    public static string Of(JobSpec job) => job.Gpus > 0 ? Gpu : Cpu;
}
