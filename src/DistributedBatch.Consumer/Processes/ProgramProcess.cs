using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// The process of a running program, as other threads may see and kill it. The runner sets it and clears it. A cleared process cannot be killed any
/// more: the id may belong to another process by then, and a kept interpreter may run the next chunk.
/// </summary>
public sealed class ProgramProcess
{
    private readonly Lock gate = new();
    private volatile int id;

    /// <summary>Process id, which is the id of its process group too. 0 before the runner announced it, after the end, and for short programs.</summary>
    public int Id => id;

    /// <summary>Whether the program has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The program has run for a while.</summary>
    /// <param name="process">Its process id.</param>
    public void Started(int process)
    {
        lock (gate)
            (id, HasEnded) = (process, false);
    }

    /// <summary>The program has ended.</summary>
    public void Ended()
    {
        lock (gate)
            (id, HasEnded) = (0, true);
    }

    /// <summary>
    /// Sends SIGKILL to the program; does nothing while the id is unknown and after the end. Its runner then ends the other processes of its group.
    /// </summary>
    public void Kill()
    {
        lock (gate)
        {
            if (id > 0)
                _ = Posix.Kill(id, Posix.SigKill);
        }
    }
}
