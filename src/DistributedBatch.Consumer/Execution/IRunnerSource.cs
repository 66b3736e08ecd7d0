using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// Offers a runner for a job, or passes. The executor asks every source the container holds, in the order of registration; when all pass, a process per
/// chunk is started through the launcher.
/// </summary>
public interface IRunnerSource
{
    /// <summary>
    /// The runner for an attempt, or null to pass. Asked for every attempt, so the answer comes from memory whenever it can. The task does not fail.
    /// </summary>
    /// <param name="run">The run; what was answered for one of its attempts usually holds for all.</param>
    /// <param name="job">Its job.</param>
    /// <param name="start">The attempt as it would be started.</param>
    ValueTask<ChosenRunner?> ForAsync(RunId run, JobSpec job, ProgramStart start);
}
