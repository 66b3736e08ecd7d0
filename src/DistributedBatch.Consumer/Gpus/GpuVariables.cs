namespace DistributedBatch.Consumer.Gpus;

/// <summary>The variables by which a program finds its cards, one set for each maker.</summary>
/// <remarks>
/// On AMD cards it is <c>HIP_VISIBLE_DEVICES</c> alone. ROCr shows the cards in <c>ROCR_VISIBLE_DEVICES</c> and numbers them anew, and HIP picks from these by
/// <c>HIP_VISIBLE_DEVICES</c> or, when that is empty, <c>CUDA_VISIBLE_DEVICES</c>: with both layers set the number of a card is applied twice and none may be left
/// (https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html, ROCm/clr <c>rocdevice.cpp</c>, Parsl/parsl#3858). ROCm's pages recommend the lower
/// layer; PyTorch before 2.6 counts cards without looking at it (pytorch/pytorch#142292), and Ray went from the one to the other (ray-project/ray#51104).
/// HIP reads the variable when it is first used, so a fork may still set it.
/// </remarks>
internal static class GpuVariables
{
    private const string Cuda = "CUDA_VISIBLE_DEVICES";
    private const string Hip = "HIP_VISIBLE_DEVICES";
    private const string CudaOrder = "CUDA_DEVICE_ORDER";

    // Each hides cards from a program on an AMD card, on top of what the others hide.
    private static readonly string[] HideAmd = [Hip, Cuda, "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"];

    /// <summary>What an attempt that leases cards must not inherit: it would be applied on top of the lease.</summary>
    public static readonly IReadOnlyList<string> NotInherited = [.. HideAmd, CudaOrder];

    /// <summary>Whether a variable names the cards of one attempt.</summary>
    public static bool NamesCards(string name) => name is Cuda or Hip;

    /// <summary>The cards that a program with this environment sees; compared, never shown.</summary>
    public static (string? Cuda, string? Hip) Seen(IReadOnlyDictionary<string, string> environment) =>
        (environment.GetValueOrDefault(Cuda), environment.GetValueOrDefault(Hip));

    /// <summary>What an attempt is told.</summary>
    /// <param name="lease">Its cards.</param>
    /// <param name="isUsers">Whether the user set a variable himself; what he set wins.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(GpuLease lease, Func<string, bool> isUsers) => lease.Maker switch
    {
        GpuMaker.Amd when Array.Exists(HideAmd, name => isUsers(name)) => [],
        GpuMaker.Amd => [new(Hip, lease.VisibleDevices)],

        // nvidia-smi counts by bus; CUDA's own order is by speed unless told otherwise.
        _ => [new(CudaOrder, "PCI_BUS_ID"), new(Cuda, lease.VisibleDevices)],
    };
}
