using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Jobs;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuVariablesTests
{
    private static readonly Dictionary<string, string> Inherited = new()
    {
        ["CUDA_VISIBLE_DEVICES"] = "6",
        ["HIP_VISIBLE_DEVICES"] = "6",
        ["ROCR_VISIBLE_DEVICES"] = "6",
        ["GPU_DEVICE_ORDINAL"] = "6",
        ["CUDA_DEVICE_ORDER"] = "FASTEST_FIRST",
    };

    [Fact]
    public void On_an_AMD_card_nothing_inherited_hides_cards_on_top_of_the_lease() => Assert.Equal(["HIP_VISIBLE_DEVICES=1"], Variables(GpuMaker.Amd));

    [Fact]
    public void On_an_NVIDIA_card_the_number_is_that_of_nvidia_smi() => Assert.Equal(["CUDA_DEVICE_ORDER=PCI_BUS_ID", "CUDA_VISIBLE_DEVICES=1"], Variables(GpuMaker.Nvidia));

    [Fact]
    public void An_attempt_without_a_lease_inherits_all() => Assert.Equal(Inherited.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal), Variables(null));

    private static IEnumerable<string> Variables(GpuMaker? maker)
    {
        var lease = maker is { } known ? new GpuLease([1], 1, 0) { Maker = known } : null;
        var job = new JobSpec { Command = ["true"], Gpus = lease is null ? 0 : 1 };
        var chunk = new RunChunk { Run = RunId.New(), Index = 0, Start = 0, Count = 1, Total = 1, Attempt = 1, Job = job };
        var plan = new JobTemplate(chunk, "box", "/nowhere", Inherited);
        return plan.Environment(chunk, new PlaceholderValues(1, 0, "/out", "/result", "/items", lease, null), threads: 1)
            .Where(pair => Inherited.ContainsKey(pair.Key))
            .Select(pair => $"{pair.Key}={pair.Value}")
            .Order(StringComparer.Ordinal);
    }
}
