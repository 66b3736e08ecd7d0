namespace DistributedBatch.Producer.Runs;

/// <summary>For the loop: wait for the end of a run. The answer is a task that ends when the run is settled.</summary>
internal sealed record WaitForRun(RunId Run);
