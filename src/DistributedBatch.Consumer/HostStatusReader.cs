using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Consumer.Tuning;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Consumer;

/// <summary>Reads the state of this host, for heartbeats.</summary>
internal sealed class HostStatusReader(
    ConsumerOptions options,
    MachineProbe machine,
    HostSlots slots,
    ResourceController resources,
    GpuAllocator gpus,
    ThreadMonitor threads,
    WarmStart warm,
    HostTroubles troubles,
    BrokerHealth broker,
    IChunkSource chunks)
{
    /// <summary>Number of open slots.</summary>
    public int Slots => slots.Count;

    /// <summary>Why there are as many slots as there are; null when the number was given.</summary>
    public string? SlotsReason => resources.Reason;

    /// <summary>Warnings about running attempts and about what the host cannot do now, each a sentence without full stop.</summary>
    public IReadOnlyList<string> Warnings => [.. troubles.All, .. threads.Warnings];

    /// <summary>The state now.</summary>
    public HostStatus Read()
    {
        var reading = machine.Read();
        var cards = gpus.Status();
        return new HostStatus
        {
            Name = options.Host,
            Version = options.Version,
            Cores = reading.Cores,
            Slots = Slots,
            GpuSlots = slots.GpuSlots,
            SlotsReason = SlotsReason,
            MemoryBytes = reading.MemoryBytes,
            MemoryAvailableBytes = reading.MemoryAvailableBytes,
            CpuBusy = reading.CpuBusy,
            OnHold = slots.CpuSlots.OnHold ?? chunks.Warning,
            BrokerTrouble = broker.LastTrouble,
            Gpus = cards,
            Warm = warm.Summaries(),
            Warnings = Warnings,
            Classes = cards.Count > 0 ? [ResourceClass.Cpu, ResourceClass.Gpu] : [ResourceClass.Cpu],
        };
    }
}
