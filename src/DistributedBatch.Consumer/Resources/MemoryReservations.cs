namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Admits attempts that reserve memory (<c>--memory</c>): together they never reserve more than the machine has. An attempt is always admitted when
/// no other one holds a reservation, because waiting would not give it more.
/// </summary>
/// <param name="budgetBytes">Memory that may be reserved, in bytes.</param>
internal sealed class MemoryReservations(long budgetBytes)
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long reserved;

    /// <summary>The budget of a machine: all its memory without the reserve.</summary>
    public static MemoryReservations For(MachineReading machine) => new(machine.MemoryBytes - ReserveOf(machine.MemoryBytes));

    /// <summary>Memory that attempts never get, in bytes: a twentieth of the machine, at least 128 MiB and at most 1 GiB.</summary>
    public static long ReserveOf(long memoryBytes) => Math.Clamp(memoryBytes / 20, 128L << 20, 1L << 30);

    /// <summary>Waits until <paramref name="bytes"/> are free and reserves them; false when the attempt is to stop first.</summary>
    public async ValueTask<bool> AcquireAsync(long bytes, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Task next;
            lock (gate)
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

    /// <summary>Releases what <see cref="AcquireAsync"/> reserved.</summary>
    public void Release(long bytes)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            reserved -= bytes;
            (waiting, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }
}
