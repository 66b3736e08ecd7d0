namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>The result of starting a zygote.</summary>
internal abstract record ZygoteStartResult
{
    /// <summary>It is ready to fork.</summary>
    /// <param name="Zygote">The process.</param>
    public sealed record Ready(ZygoteProcess Zygote) : ZygoteStartResult;

    /// <summary>A fork would not behave like a process of its own, or the interpreter did not start.</summary>
    /// <param name="Reason">Half a sentence for people.</param>
    public sealed record Unsupported(string Reason) : ZygoteStartResult;
}
