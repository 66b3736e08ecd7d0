namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// Offers a runner for a job, or passes. The executor asks every source the container holds, in the order of registration; when all pass, a process per
/// chunk is started through the launcher.
/// </summary>
public interface IRunnerSource
{
    /// <summary>
    /// The runner for the attempts of <paramref name="job"/>, or null to pass. Asked for every attempt, so the answer comes from memory whenever it can.
    /// </summary>
    ValueTask<ChosenRunner?> ForAsync(JobSpec job, CancellationToken cancellation);
}
