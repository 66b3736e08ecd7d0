namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// Executes one attempt's program and tells how it ended: as a process of its own, forked from a preloaded interpreter, or inside an interpreter that
/// stays.
/// </summary>
public interface IProgramRunner
{
    /// <summary>
    /// Runs the program to its end, which is the exit of its process whoever still holds its pipes; then nothing of its process group is left. Every
    /// expected ending is an outcome. The task does not fail.
    /// </summary>
    /// <param name="start">What to run.</param>
    /// <param name="stop">
    /// Asks the program to end: SIGTERM to its group, SIGKILL after <see cref="ProgramStart.Grace"/>; the outcome is <see cref="ProgramOutcome.Stopped"/>.
    /// </param>
    Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop);
}
