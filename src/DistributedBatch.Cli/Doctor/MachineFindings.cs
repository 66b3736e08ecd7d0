using System.Globalization;
using DistributedBatch.Cli.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Turns readings of the kernel and the drivers into findings, each with a remedy.</summary>
internal static class MachineFindings
{
    private const long LowMemoryBytes = 1L << 30;
    private const double HighPressure = 0.1;
    private const double MostlyUsed = 0.5;

    /// <summary>Compares the cores that a run may use with those of the machine.</summary>
    /// <param name="usable">Cores for this process.</param>
    /// <param name="quota">Cores that a control group allows, such as 1.5; null without a quota.</param>
    /// <param name="cores">Cores of the machine.</param>
    public static Finding OfCores(int usable, double? quota, int cores)
    {
        if (quota is { } allowed && allowed < cores)
        {
            return new Finding(
                "cores", "note", string.Create(CultureInfo.InvariantCulture, $"{allowed:0.##} of {cores}, by the quota of a control group"),
                "nothing if that is intended; otherwise raise it (docker run --cpus, CPUQuota= of the service, cores of the batch job)");
        }

        return usable < cores
            ? new Finding("cores", "note", $"{usable} of {cores}, by processor affinity", "nothing if that is intended; otherwise start without taskset or numactl, or request more from the batch system")
            : new Finding("cores", "good", $"{usable}, no quota");
    }

    /// <summary>Compares the memory that a run may use with that of the machine, and reports memory pressure.</summary>
    public static IEnumerable<Finding> OfMemory(MachineReading machine, long memoryBytes)
    {
        var free = $"{SizeText.Show(machine.MemoryAvailableBytes)} free of {SizeText.Show(machine.MemoryBytes)}";
        yield return machine.MemoryAvailableBytes < LowMemoryBytes
            ? new Finding("memory", "note", free, "close other programs, or use fewer --slots")
            : machine.MemoryBytes < memoryBytes
                ? new Finding(
                    "memory", "note", $"{free}; the machine has {SizeText.Show(memoryBytes)}, but a control group allows less",
                    "nothing if that is intended; otherwise raise it (docker run --memory, MemoryMax= of the service, memory of the batch job)")
                : new Finding("memory", "good", free);
        if (machine.MemoryPressure > HighPressure)
        {
            yield return new Finding(
                "memory pressure", "note", string.Create(CultureInfo.InvariantCulture, $"programs waited for memory in {machine.MemoryPressure:0 %} of the last ten seconds"),
                "close other programs; a run that starts now gets few slots");
        }
    }

    /// <summary>The GPUs.</summary>
    public static IEnumerable<Finding> OfGpus(IReadOnlyList<GpuCard> cards)
    {
        if (cards.Count == 0)
        {
            yield return new Finding(
                "GPU", "note", "none found with nvidia-smi or rocm-smi",
                "nothing, unless this machine has an NVIDIA or AMD card: then install its driver, with that program on PATH");
        }

        foreach (var card in cards)
        {
            var found = $"{card.Name}, {SizeText.Show(card.MemoryBytes - card.MemoryUsedBytes)} free of {SizeText.Show(card.MemoryBytes)}";
            var tool = card.Maker == GpuMaker.Amd ? "rocm-smi --showpids" : "nvidia-smi";
            yield return card.MemoryUsedBytes > MostlyUsed * card.MemoryBytes
                ? new Finding($"GPU {card.Index}", "note", found, $"another program uses it ({tool} shows which); dbatch starts no attempt of unknown size on it")
                : new Finding($"GPU {card.Index}", "good", found);
        }
    }

    /// <summary>Whether <c>--isolation cgroup</c> is possible for this process.</summary>
    public static Finding OfIsolation(IsolationStart start) => start switch
    {
        IsolationStart.Ready { Groups.WithoutMemory: null } => new Finding("isolation", "good", "--isolation cgroup contains attempts, and measures and limits their memory"),
        IsolationStart.Ready { Groups.WithoutMemory: var reason } => new Finding(
            "isolation", "note", $"--isolation cgroup contains attempts, but does not limit their memory: {reason}",
            "nothing, unless --memory must be a limit: then start dbatch in its own group, systemd-run --user --scope -p Delegate=yes dbatch …"),
        IsolationStart.Refused refused => new Finding("isolation", "note", $"--isolation cgroup is not possible: {refused.Reason}", $"nothing, unless you want it: {refused.Remedy}"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Whether the clock is synchronized.</summary>
    /// <param name="synchronized">The system's answer: <c>yes</c> or <c>no</c>; anything else is unknown.</param>
    public static Finding? OfClock(string? synchronized) => synchronized switch
    {
        "yes" => new Finding("own clock", "good", "synchronized"),
        "no" => new Finding("own clock", "note", "not synchronized", "in a lab run: timedatectl set-ntp true; times in tables come from the hosts' clocks"),
        _ => null,
    };
}
