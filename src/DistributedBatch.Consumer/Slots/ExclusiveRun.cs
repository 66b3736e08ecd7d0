using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;

namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// Lets one attempt run alone on the host. When a host dies, nobody knows which of its chunks killed it. So a chunk on its last chance runs alone: it
/// never fails because of another chunk.
/// </summary>
/// <param name="hold">Keeps the host's slots from taking chunks.</param>
/// <param name="othersIdle">Completes when no slot is active but the one with the given number.</param>
internal sealed class ExclusiveRun(AdmissionHold hold, Func<int, Task> othersIdle)
{
    private int taken;

    /// <summary>Completes when the attempt is alone on the host, or is to stop; <see cref="Leave"/> must follow.</summary>
    /// <returns>False when another attempt has the host for itself.</returns>
    public async Task<bool> EnterAsync(ActiveAttempt attempt)
    {
        if (Interlocked.Exchange(ref taken, 1) != 0)
            return false;
        var hosts = attempt.LostHosts == 1 ? "host" : "hosts";
        hold.SetExclusive(
            $"chunk {attempt.Chunk.Index} of run {attempt.Chunk.Run} runs alone, because it was lost with {attempt.LostHosts} {hosts} and may be what kills them");
        await othersIdle(attempt.Slot).WaitAsync(attempt.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }

    /// <summary>The attempt has ended.</summary>
    public void Leave()
    {
        hold.SetExclusive(null);
        Volatile.Write(ref taken, 0);
    }
}
