namespace DistributedBatch.Consumer.Gpus;

/// <summary>The maker of a card. It decides which program lists the card and which variable selects it.</summary>
public enum GpuMaker
{
    /// <summary>NVIDIA; listed by <c>nvidia-smi</c>.</summary>
    Nvidia,

    /// <summary>AMD; listed by <c>rocm-smi</c>.</summary>
    Amd,
}
