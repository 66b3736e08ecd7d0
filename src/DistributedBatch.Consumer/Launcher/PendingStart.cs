using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>A program that the launcher was asked to start, until it ends.</summary>
internal sealed class PendingStart(int id, ProgramStart start)
    : TaskCompletionSource<ChildExit>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public int Id => id;

    public ProgramStart Start => start;

    /// <summary>Its process id; 0 until the launcher announces it.</summary>
    public int ProcessId { get; set; }

    /// <summary>Why it was stopped; null when it was not.</summary>
    public StopCause? StoppedFor { get; set; }

    /// <summary>The error number when it could not be started, negative when its control group was the reason; 0 otherwise.</summary>
    public int StartError { get; set; }

    /// <summary>Whether the launcher died while it ran.</summary>
    public bool LauncherDied { get; set; }

    /// <summary>Whether it was the only program that ran when the launcher died.</summary>
    public bool WasAlone { get; set; }

    public enum StopCause
    {
        Asked,
        Timeout,
    }
}
