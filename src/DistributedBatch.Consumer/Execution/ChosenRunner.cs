using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Who runs the attempts of a job.</summary>
/// <param name="Runner">The runner.</param>
/// <param name="Warm">How it starts programs, for the reports.</param>
public readonly record struct ChosenRunner(IProgramRunner Runner, WarmMode Warm);
