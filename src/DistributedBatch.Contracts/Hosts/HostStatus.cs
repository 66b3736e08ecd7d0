namespace DistributedBatch.Contracts.Hosts;

/// <summary>A machine that runs a consumer, as it described itself last.</summary>
public sealed record HostStatus
{
    /// <summary>Name of the host, unique in the lab.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the program on the host.</summary>
    public required string Version { get; init; }

    /// <summary>Cores the consumer may use (container limits respected).</summary>
    public required int Cores { get; init; }

    /// <summary>Slots open now, of all resource classes.</summary>
    public required int Slots { get; init; }

    /// <summary>How many of <see cref="Slots"/> are for chunks that need a GPU; null from a host that does not send it.</summary>
    public int? GpuSlots { get; init; }

    /// <summary>Why there are as many slots as there are, in one line; null when the number was given by hand.</summary>
    public string? SlotsReason { get; init; }

    /// <summary>Physical memory, in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Memory that could be had without swapping, in bytes.</summary>
    public long MemoryAvailableBytes { get; init; }

    /// <summary>Share of the cores that was busy since the last heartbeat, 0 to 1.</summary>
    public double CpuBusy { get; init; }

    /// <summary>GPUs found; empty for none.</summary>
    public IReadOnlyList<GpuStatus> Gpus { get; init; } = [];

    /// <summary>Why the host takes no chunks at the moment; null when it does.</summary>
    public string? OnHold { get; init; }

    /// <summary>What people should know about the attempts on it, each a sentence without full stop; empty for nothing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What is wrong between the host and the broker, or was the last time; null for never. The host can only tell once it is over, or nearly.</summary>
    public BrokerTrouble? BrokerTrouble { get; init; }

    /// <summary>Resource classes the host serves, see <c>Topology</c> in Messaging: <c>cpu</c>, <c>gpu</c>.</summary>
    public IReadOnlyList<string> Classes { get; init; } = ["cpu"];

    /// <summary>Warm start of the runs the host worked on last, the latest first; empty when there was none.</summary>
    public IReadOnlyList<WarmStatus> Warm { get; init; } = [];
}
