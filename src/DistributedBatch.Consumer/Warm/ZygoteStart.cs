namespace DistributedBatch.Consumer.Warm;

/// <summary>How the start of a zygote went.</summary>
internal abstract record ZygoteStart
{
    /// <summary>It is ready to fork.</summary>
    /// <param name="Zygote">The process.</param>
    public sealed record Ready(ZygoteProcess Zygote) : ZygoteStart;

    /// <summary>This script cannot be forked faithfully, or the interpreter did not come up.</summary>
    /// <param name="Reason">Half a sentence for people.</param>
    public sealed record Unfit(string Reason) : ZygoteStart;
}
