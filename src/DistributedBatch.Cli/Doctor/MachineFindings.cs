using System.Globalization;
using DistributedBatch.Cli.Options;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Makes findings, each with a remedy, of what the kernel and the drivers tell about this machine.</summary>
internal static class MachineFindings
{
    private const long LittleMemory = 1L << 30;
    private const double MuchPressure = 0.1;
    private const double MostlyUsed = 0.5;

    /// <summary>Cores that a run may use, against those of the machine.</summary>
    /// <param name="usable">Cores for this process.</param>
    /// <param name="quota">What a control group allows, such as 1.5; null without a quota.</param>
    /// <param name="cores">Cores of the machine.</param>
    public static Finding OfCores(int usable, double? quota, int cores)
    {
        if (quota is { } allowed && allowed < cores)
        {
            return new Finding(
                "cores", "note", string.Create(CultureInfo.InvariantCulture, $"{allowed:0.##} of {cores}, by the quota of a control group"),
                "nothing if that is meant; otherwise raise it (docker run --cpus, CPUQuota= of the service, cores of the batch job)");
        }

        return usable < cores
            ? new Finding("cores", "note", $"{usable} of {cores}, by processor affinity", "nothing if that is meant; otherwise start without taskset or numactl, or ask the batch system for more")
            : new Finding("cores", "good", $"{usable}, no quota");
    }

    /// <summary>Memory that a run may use, against that of the machine, and whether somebody waits for it.</summary>
    public static IEnumerable<Finding> OfMemory(MachineReading machine, long memoryBytes)
    {
        var free = $"{SizeText.Show(machine.MemoryAvailableBytes)} free of {SizeText.Show(machine.MemoryBytes)}";
        yield return machine.MemoryAvailableBytes < LittleMemory
            ? new Finding("memory", "note", free, "close other programs, or use fewer --slots")
            : machine.MemoryBytes < memoryBytes
                ? new Finding(
                    "memory", "note", $"{free}; the machine has {SizeText.Show(memoryBytes)}, a control group allows less",
                    "nothing if that is meant; otherwise raise it (docker run --memory, MemoryMax= of the service, memory of the batch job)")
                : new Finding("memory", "good", free);
        if (machine.MemoryPressure > MuchPressure)
        {
            yield return new Finding(
                "memory pressure", "note", string.Create(CultureInfo.InvariantCulture, $"programs waited for memory in {machine.MemoryPressure:0 %} of the last ten seconds"),
                "close other programs; a run that starts now gets few slots");
        }
    }

    /// <summary>The cards.</summary>
    public static IEnumerable<Finding> OfGpus(IReadOnlyList<GpuCard> cards)
    {
        if (cards.Count == 0)
        {
            yield return new Finding(
                "GPU", "note", "none found with nvidia-smi or rocm-smi",
                "nothing, unless this machine has an NVIDIA or AMD card: then install its driver, and have that program in PATH");
        }

        foreach (var card in cards)
        {
            var found = $"{card.Name}, {SizeText.Show(card.MemoryBytes - card.MemoryUsedBytes)} free of {SizeText.Show(card.MemoryBytes)}";
            var teller = card.Maker == GpuMaker.Amd ? "rocm-smi --showpids" : "nvidia-smi";
            yield return card.MemoryUsedBytes > MostlyUsed * card.MemoryBytes
                ? new Finding($"GPU {card.Index}", "note", found, $"somebody uses it ({teller} shows who); attempts of unknown need are kept off it until then")
                : new Finding($"GPU {card.Index}", "good", found);
        }
    }

    /// <summary>What <c>--isolation cgroup</c> could do, started as this was.</summary>
    public static Finding OfIsolation(IsolationStart start) => start switch
    {
        IsolationStart.Ready { Groups.WithoutMemory: null } => new Finding("isolation", "good", "--isolation cgroup contains attempts, counts and limits their memory"),
        IsolationStart.Ready { Groups.WithoutMemory: var reason } => new Finding(
            "isolation", "note", $"--isolation cgroup contains attempts, but does not limit their memory: {reason}",
            "nothing, unless --memory is to be enforced: then give dbatch a group of its own, systemd-run --user --scope -p Delegate=yes dbatch …"),
        IsolationStart.Refused refused => new Finding("isolation", "note", $"--isolation cgroup is not possible: {refused.Reason}", $"nothing, unless you want it: {refused.Remedy}"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Whether the clock follows others.</summary>
    /// <param name="synchronized">What the system says: <c>yes</c>, <c>no</c>; anything else is unknown.</param>
    public static Finding? OfClock(string? synchronized) => synchronized switch
    {
        "yes" => new Finding("own clock", "good", "follows time servers"),
        "no" => new Finding("own clock", "note", "follows nobody", "in a lab let it: timedatectl set-ntp true; dbatch judges hosts by the head's clock, but times in tables are the host's own"),
        _ => null,
    };
}
