namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Admits attempts that reserved memory (<c>--memory</c>): together they never reserve more than the machine has. A single one is always admitted, because
/// waiting would not give it more.
/// </summary>
/// <param name="budgetBytes">Memory that may be reserved.</param>
internal sealed class MemoryReservations(long budgetBytes)
{
    private readonly Lock turn = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long reserved;

    /// <summary>What a machine may promise: all it has, less what it needs itself.</summary>
    public static MemoryReservations For(MachineReading machine) => new(machine.MemoryBytes - ReserveOf(machine.MemoryBytes));

    /// <summary>Memory that is never given to attempts: a twentieth of the machine, 128 MiB at least and 1 GiB at most.</summary>
    public static long ReserveOf(long memoryBytes) => Math.Clamp(memoryBytes / 20, 128L << 20, 1L << 30);

    /// <summary>Waits until <paramref name="bytes"/> are free and takes them; false when the attempt is to stop first.</summary>
    public async ValueTask<bool> TakeAsync(long bytes, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Task next;
            lock (turn)
            {
                if (bytes == 0 || reserved == 0 || reserved + bytes <= budgetBytes)
                {
                    reserved += bytes;
                    return true;
                }

                next = changed.Task;
            }

            await next.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    /// <summary>Gives back what <see cref="TakeAsync"/> took.</summary>
    public void Return(long bytes)
    {
        TaskCompletionSource waiting;
        lock (turn)
        {
            reserved -= bytes;
            (waiting, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }
}
