namespace DistributedBatch.Consumer.Gpus;

/// <summary>The environment variables that select a program's cards, for each maker.</summary>
/// <remarks>
/// AMD cards are selected by <c>HIP_VISIBLE_DEVICES</c> alone. ROCr hides all cards but those in <c>ROCR_VISIBLE_DEVICES</c> and numbers the rest
/// anew. HIP then selects among these by <c>HIP_VISIBLE_DEVICES</c> or, when that is empty, by <c>CUDA_VISIBLE_DEVICES</c>. With variables of both
/// layers, the selection would be applied twice (https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html, ROCm/clr <c>rocdevice.cpp</c>,
/// Parsl/parsl#3858). ROCm recommends the lower layer, but PyTorch before 2.6 counts cards without it (pytorch/pytorch#142292), and Ray changed to
/// the upper layer (ray-project/ray#51104). HIP reads the variable at its first use, so a forked program may still set it.
/// </remarks>
internal static class GpuVariables
{
    private const string Cuda = "CUDA_VISIBLE_DEVICES";
    private const string Hip = "HIP_VISIBLE_DEVICES";
    private const string CudaOrder = "CUDA_DEVICE_ORDER";

    // Each of these hides AMD cards, in addition to the others.
    private static readonly string[] HideAmd = [Hip, Cuda, "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"];

    /// <summary>Variables that an attempt with a lease must not inherit, because they would hide its cards.</summary>
    public static readonly IReadOnlyList<string> NotInherited = [.. HideAmd, CudaOrder];

    /// <summary>Whether a variable selects the cards of one attempt.</summary>
    public static bool SelectsCards(string name) => name is Cuda or Hip;

    /// <summary>The cards that a program with this environment can use, for comparison only.</summary>
    public static (string? Cuda, string? Hip) Selected(IReadOnlyDictionary<string, string> environment) =>
        (environment.GetValueOrDefault(Cuda), environment.GetValueOrDefault(Hip));

    /// <summary>The variables for an attempt.</summary>
    /// <param name="lease">Its cards.</param>
    /// <param name="isUsers">Whether the job sets a variable itself; its value wins.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(GpuLease lease, Func<string, bool> isUsers) => lease.Maker switch
    {
        GpuMaker.Amd when Array.Exists(HideAmd, name => isUsers(name)) => [],
        GpuMaker.Amd => [new(Hip, lease.VisibleDevices)],

        // nvidia-smi numbers cards by bus. CUDA numbers them by speed, unless told otherwise.
        _ => [new(CudaOrder, "PCI_BUS_ID"), new(Cuda, lease.VisibleDevices)],
    };
}
