namespace DistributedBatch.Consumer.Gpus;

/// <summary>Recognises a program that ran out of GPU memory by its error text, because its exit code does not differ from other failures.</summary>
internal static class GpuOutOfMemory
{
    // PyTorch, CUDA itself, cuBLAS, XLA (JAX, TensorFlow); PyTorch on ROCm, HIP itself, hipBLAS.
    private static readonly string[] Phrases =
    [
        "CUDA out of memory", "CUDA error: out of memory", "CUDA_ERROR_OUT_OF_MEMORY", "cudaErrorMemoryAllocation", "CUBLAS_STATUS_ALLOC_FAILED",
        "RESOURCE_EXHAUSTED: Out of memory", "torch.OutOfMemoryError",
        "HIP out of memory", "HIP error: out of memory", "hipErrorOutOfMemory", "hipErrorMemoryAllocation", "HIPBLAS_STATUS_ALLOC_FAILED",
    ];

    /// <summary>Whether the end of standard error says that GPU memory ran out.</summary>
    public static bool IsIn(string? stderrTail) => stderrTail is not null && Array.Exists(Phrases, phrase => stderrTail.Contains(phrase, StringComparison.Ordinal));
}
