namespace DistributedBatch.Messaging.Chunks;

/// <summary>Which hosts can run a chunk. Each class has a queue of its own, so that a chunk that waits for a GPU does not block other chunks.</summary>
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
