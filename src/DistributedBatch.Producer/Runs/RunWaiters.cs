namespace DistributedBatch.Producer.Runs;

/// <summary>Those who wait for the end of a run.</summary>
internal sealed class RunWaiters
{
    private readonly Dictionary<RunId, TaskCompletionSource<RunState>> waiters = [];

    /// <summary>Ends when the run is settled and committed.</summary>
    public Task<RunState> WaitAsync(RunId run)
    {
        if (!waiters.TryGetValue(run, out var waiter))
            waiters[run] = waiter = new TaskCompletionSource<RunState>(TaskCreationOptions.RunContinuationsAsynchronously);
        return waiter.Task;
    }

    /// <summary>The run is settled and committed.</summary>
    public void Complete(RunId run, RunState state)
    {
        if (waiters.Remove(run, out var waiter))
            waiter.SetResult(state);
    }

    /// <summary>The loop has ended, so that no run will be settled.</summary>
    public void Fail(Exception reason)
    {
        foreach (var waiter in waiters.Values)
            waiter.SetException(reason);
        waiters.Clear();
    }
}
