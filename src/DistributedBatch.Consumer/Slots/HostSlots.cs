using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>All slots of this host: one pool for chunks that need no GPU, one for chunks that do, and the scratch files of both.</summary>
internal sealed class HostSlots : IAsyncDisposable
{
    private readonly ScratchRoot scratch;
    private readonly AdmissionHold hold;
    private readonly GpuAllocator gpus;
    private readonly SlotPool gpuSlots;
    private int disposed;

    public HostSlots(SlotContext context, AdmissionHold hold, GpuAllocator gpus, ThreadShare threads, HeartbeatLoop heartbeats)
    {
        (this.hold, this.gpus) = (hold, gpus);
        scratch = ScratchRoot.Acquire(context.Host.DataDirectory);
        var exclusive = new ExclusiveRun(hold, slot => IdleAsync(except: slot));
        CpuSlots = new SlotPool(scratch.Path, ResourceClass.Cpu, firstNumber: 0, threads, exclusive, heartbeats, context);
        gpuSlots = new SlotPool(scratch.Path, ResourceClass.Gpu, SlotNumbers.FirstOfGpus, threads: null, exclusive, heartbeats, context);
        hold.Changed += Hold;
        context.Runs.Ended += context.Executor.EndKept;
        gpus.SlotsChanged += gpuSlots.Resize;
    }

    /// <summary>The slots for chunks that need no GPU.</summary>
    public SlotPool CpuSlots { get; }

    /// <summary>Number of open slots for chunks that need a GPU.</summary>
    public int GpuSlots => gpuSlots.Target;

    /// <summary>Number of open slots, of both kinds.</summary>
    public int Count => CpuSlots.Target + GpuSlots;

    /// <summary>Completes when no slot is active, except perhaps the one with the number <paramref name="except"/>. Hold admission first.</summary>
    public Task IdleAsync(int? except = null) => Task.WhenAll(CpuSlots.IdleAsync(except), gpuSlots.IdleAsync(except));

    /// <summary>Gives back the chunks that no slot has received, and removes the scratch files. No slot may be active. Does nothing the second time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        hold.Changed -= Hold;
        gpus.SlotsChanged -= gpuSlots.Resize;
        await CpuSlots.DisposeAsync();
        await gpuSlots.DisposeAsync();
        scratch.Dispose();
    }

    private void Hold(string? reason)
    {
        CpuSlots.Hold(reason);
        gpuSlots.Hold(reason);
    }
}
