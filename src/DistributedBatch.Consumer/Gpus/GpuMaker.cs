namespace DistributedBatch.Consumer.Gpus;

/// <summary>Whose card it is: which program tells of it, and which variable makes a program use it.</summary>
public enum GpuMaker
{
    /// <summary>NVIDIA; <c>nvidia-smi</c> tells.</summary>
    Nvidia,

    /// <summary>AMD; <c>rocm-smi</c> tells.</summary>
    Amd,
}
