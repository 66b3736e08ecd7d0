using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>A program the launcher was asked to start, until it ends.</summary>
internal sealed class PendingStart(int id, ProgramStart start)
    : TaskCompletionSource<ChildEnding>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public int Id => id;

    public ProgramStart Start => start;

    /// <summary>Its process id, once the launcher has announced it; 0 before.</summary>
    public int Process { get; set; }

    /// <summary>Why we sent it a signal; null when we did not.</summary>
    public StopCause? StoppedFor { get; set; }

    /// <summary>The error number when the system refused to start it; 0 otherwise.</summary>
    public int Refused { get; set; }

    /// <summary>Whether the launcher died under it.</summary>
    public bool LauncherLost { get; set; }

    public enum StopCause
    {
        Asked,
        Timeout,
    }
}
