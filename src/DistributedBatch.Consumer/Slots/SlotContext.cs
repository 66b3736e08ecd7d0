using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>What all slots of a host work with.</summary>
/// <param name="Host">The host.</param>
/// <param name="Source">Where chunks come from.</param>
/// <param name="Executor">Runs attempts.</param>
/// <param name="Reporter">Publishes reports.</param>
/// <param name="Running">The attempts that run now.</param>
/// <param name="Runs">Which runs are cancelled or paused.</param>
/// <param name="Memory">Learns how much memory attempts need.</param>
/// <param name="Time">Clock.</param>
/// <param name="Logger">For failures that a slot survives.</param>
internal sealed record SlotContext(
    HostSettings Host,
    IChunkSource Source,
    AttemptExecutor Executor,
    Reporter Reporter,
    RunningAttempts Running,
    RunControl Runs,
    MemoryEstimates Memory,
    TimeProvider Time,
    ILogger<Slot> Logger);
