using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>A child of a zygote, from the request to its end.</summary>
/// <param name="id">Its number in the conversation with the zygote.</param>
/// <param name="onStarted">Told its process id after the fork; null for nobody.</param>
/// <param name="group">Its control group; null for none.</param>
internal sealed class ZygoteJob(long id, Action<int>? onStarted = null, AttemptCgroup? group = null)
{
    private readonly TaskCompletionSource<ZygoteEvent?> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int stopped;
    private CgroupExit? groupEnding;

    /// <summary>Its number in the conversation with the zygote.</summary>
    public long Id => id;

    /// <summary>Its process id and group; 0 before the fork.</summary>
    public int Pid { get; private set; }

    /// <summary>Its control group; null for none.</summary>
    public AttemptCgroup? Group => group;

    /// <summary>Whether it was asked to stop.</summary>
    public bool Stopping => stopped != 0;

    /// <summary>Whether its time limit was the first reason to stop it.</summary>
    public bool TimedOut => stopped == 2;

    /// <summary>Notes why it is stopped; false when it is being stopped already.</summary>
    public bool StopFor(bool timeLimit) => Interlocked.CompareExchange(ref stopped, timeLimit ? 2 : 1, 0) == 0;

    /// <summary>The event that ended it (<c>ended</c> or <c>failed</c>); null when the zygote was lost.</summary>
    public Task<ZygoteEvent?> Ended => ended.Task;

    /// <summary>It was forked.</summary>
    /// <param name="pid">Its process id.</param>
    public void Started(int pid)
    {
        Pid = pid;
        onStarted?.Invoke(pid);
    }

    /// <summary>Settles <see cref="Ended"/>, after whatever is left in its control group was killed.</summary>
    public void End(ZygoteEvent? last)
    {
        groupEnding = group?.End();
        ended.TrySetResult(last);
    }

    /// <summary>Reads the last event as an outcome.</summary>
    public ProgramOutcome Outcome(ZygoteEvent? last, TimeSpan duration)
    {
        if (last is null)
            return new ProgramOutcome.RunnerLost("The preloaded interpreter that forked the program died, and the program with it; the next chunk starts another.");
        if (last.Error is not null)
            return new ProgramOutcome.NotStarted($"The preloaded interpreter could not fork: {last.Error}.");
        var usage = new ProgramUsage(duration, TimeSpan.FromSeconds(last.Cpu), last.Rss, last.Read, last.Written);
        usage = groupEnding?.Over(usage) ?? usage;
        var outOfMemory = groupEnding?.OutOfMemory;
        var signal = last.Status & 0x7F; // WTERMSIG; 0 for an exit, wait(2)
        var code = (last.Status >> 8) & 0xFF;
        ProgramOutcome outcome = last switch
        {
            { Stopped: true } => TimedOut ? new ProgramOutcome.TimedOut(usage) : new ProgramOutcome.Stopped(usage),
            _ when signal != 0 => new ProgramOutcome.Signalled(signal, usage, outOfMemory),

            // The kernel chose a child of it, and it could do nothing but give up.
            _ when code != 0 && outOfMemory == true => new ProgramOutcome.Signalled(Posix.SigKill, usage, OutOfMemory: true),
            _ => new ProgramOutcome.Exited(code, usage),
        };
        return groupEnding is { Stragglers: true } ? outcome with { Stragglers = true } : outcome;
    }
}
