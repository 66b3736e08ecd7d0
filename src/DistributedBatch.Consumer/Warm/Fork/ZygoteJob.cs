using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>A child of a zygote, from the request until its end.</summary>
/// <param name="id">Its number in the zygote's protocol.</param>
/// <param name="process">Receives its process id; null when that is not needed.</param>
/// <param name="cgroup">Its control group; null for none.</param>
internal sealed class ZygoteJob(long id, ProgramProcess? process = null, AttemptCgroup? cgroup = null)
{
    private const int NotStopped = 0;
    private const int OnRequest = 1;
    private const int ByTimeout = 2;

    private readonly TaskCompletionSource<ZygoteEvent?> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int stopped;
    private CgroupExit? cgroupExit;

    /// <summary>Its number in the zygote's protocol.</summary>
    public long Id => id;

    /// <summary>Its process id, which is the id of its group too; 0 before the fork.</summary>
    public int Pid { get; private set; }

    /// <summary>Its control group; null for none.</summary>
    public AttemptCgroup? Cgroup => cgroup;

    /// <summary>Whether it runs a program. A kept interpreter does not between two chunks.</summary>
    public bool IsBusy { get; set; } = true;

    /// <summary>Whether it was the only busy one when the zygote died.</summary>
    public bool WasAlone { get; set; }

    /// <summary>Whether it was asked to stop.</summary>
    public bool IsStopped => stopped != NotStopped;

    /// <summary>The event that ended it, <c>exited</c> or <c>failed</c>; null when the zygote died.</summary>
    public Task<ZygoteEvent?> Ended => ended.Task;

    /// <summary>Marks it as stopped; false when it was stopped before.</summary>
    public bool TryMarkStopped(bool isTimeout) => Interlocked.CompareExchange(ref stopped, isTimeout ? ByTimeout : OnRequest, NotStopped) == NotStopped;

    /// <summary>It was forked.</summary>
    /// <param name="pid">Its process id.</param>
    public void Started(int pid)
    {
        Pid = pid;
        process?.Started(pid);
    }

    /// <summary>It ended. Kills what is left in its control group, then completes <see cref="Ended"/>.</summary>
    /// <param name="exit">The event that ended it; null when the zygote died.</param>
    public void End(ZygoteEvent? exit)
    {
        process?.Ended();
        cgroupExit = cgroup?.End();
        ended.TrySetResult(exit);
    }

    /// <summary>The outcome of its program.</summary>
    /// <param name="exit">The event that ended it; null when the zygote died.</param>
    /// <param name="duration">Wall time since the request.</param>
    public ProgramOutcome Outcome(ZygoteEvent? exit, TimeSpan duration)
    {
        if (exit is null)
        {
            return WasAlone
                ? new ProgramOutcome.KilledRunner("The program's parent process, the preloaded interpreter, died while only this program ran; a program must not kill its parent ($PPID).")
                : new ProgramOutcome.RunnerLost("The preloaded interpreter that forked the program died, and the program with it; the next chunk starts another.");
        }

        if (exit.Error is not null)
            return new ProgramOutcome.NotStarted($"The preloaded interpreter could not fork: {exit.Error}.");
        var usage = new ProgramUsage(duration, TimeSpan.FromSeconds(exit.Cpu), exit.Rss, exit.Read, exit.Written);
        usage = cgroupExit?.Merge(usage) ?? usage;
        var outOfMemory = cgroupExit?.OutOfMemory;
        var signal = exit.Status & 0x7F; // WTERMSIG; 0 for an exit, wait(2)
        var code = (exit.Status >> 8) & 0xFF;
        ProgramOutcome outcome = exit switch
        {
            { Stopped: true } => stopped == ByTimeout ? new ProgramOutcome.TimedOut(usage) : new ProgramOutcome.Stopped(usage),
            _ when signal != 0 => new ProgramOutcome.Signalled(signal, usage, outOfMemory),

            // The kernel killed a child for lack of memory, and the program gave up.
            _ when code != 0 && outOfMemory == true => new ProgramOutcome.Signalled(Posix.SigKill, usage, OutOfMemory: true),
            _ => new ProgramOutcome.Exited(code, usage),
        };
        return exit.Stragglers || cgroupExit is { Stragglers: true } ? outcome with { Stragglers = true } : outcome;
    }
}
