using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>What all slots of a host work with.</summary>
/// <param name="Options">Settings.</param>
/// <param name="Source">Where chunks come from.</param>
/// <param name="Executor">Runs attempts.</param>
/// <param name="Reporter">Tells of them.</param>
/// <param name="Running">What runs now.</param>
/// <param name="Steered">What must not run.</param>
/// <param name="Memory">What attempts came to need.</param>
/// <param name="Time">Clock.</param>
/// <param name="Logger">For what a slot rides through.</param>
internal sealed record SlotContext(
    ConsumerOptions Options,
    IChunkSource Source,
    AttemptExecutor Executor,
    Reporter Reporter,
    RunningAttempts Running,
    RunControl Steered,
    MemoryEstimates Memory,
    TimeProvider Time,
    ILogger<Slot> Logger);
