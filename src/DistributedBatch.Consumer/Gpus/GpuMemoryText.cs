namespace DistributedBatch.Consumer.Gpus;

/// <summary>Recognises a program that ran out of a card's memory by what it wrote last; it exits with a code like any other failure.</summary>
internal static class GpuMemoryText
{
    // PyTorch, CUDA itself, cuBLAS, XLA (JAX, TensorFlow); PyTorch on ROCm, HIP itself, hipBLAS.
    private static readonly string[] Words =
    [
        "CUDA out of memory", "CUDA error: out of memory", "CUDA_ERROR_OUT_OF_MEMORY", "cudaErrorMemoryAllocation", "CUBLAS_STATUS_ALLOC_FAILED",
        "RESOURCE_EXHAUSTED: Out of memory", "torch.OutOfMemoryError",
        "HIP out of memory", "HIP error: out of memory", "hipErrorOutOfMemory", "hipErrorMemoryAllocation", "HIPBLAS_STATUS_ALLOC_FAILED",
    ];

    /// <summary>Whether the end of standard error says so.</summary>
    public static bool SaysOutOfMemory(string? stderrTail) => stderrTail is not null && Array.Exists(Words, word => stderrTail.Contains(word, StringComparison.Ordinal));
}
