namespace DistributedBatch.Consumer.Processes;

/// <summary>Runs an attempt's program: in a process of its own, in a fork of a preloaded interpreter, or inside a kept interpreter.</summary>
public interface IProgramRunner
{
    /// <summary>
    /// Runs the program until its process exits, even when other processes still hold its pipes; then kills what is left of its process group. The
    /// task does not fail: every way to end is an outcome.
    /// </summary>
    /// <param name="start">The program.</param>
    /// <param name="stop">Stops the program: SIGTERM to its group, SIGKILL after the grace period; the outcome is then Stopped.</param>
    Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop);
}
