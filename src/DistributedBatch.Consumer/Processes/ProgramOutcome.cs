namespace DistributedBatch.Consumer.Processes;

/// <summary>How a program ended. A closed family; each case has the data that case has.</summary>
/// <param name="Usage">What it consumed.</param>
public abstract record ProgramOutcome(ProgramUsage Usage)
{
    /// <summary>Whether other processes of the attempt outlived the program and had to be killed; its files may still be written to for a moment.</summary>
    public bool Stragglers { get; init; }

    /// <summary>The small result, as JSON, where the program said it without its file; null where it did not.</summary>
    public string? Result { get; init; }

    /// <summary>It exited by itself.</summary>
    /// <param name="Code">Its exit code; 0 is success.</param>
    /// <param name="Usage">What it consumed.</param>
    public sealed record Exited(int Code, ProgramUsage Usage) : ProgramOutcome(Usage);

    /// <summary>A signal that we did not send ended it.</summary>
    /// <param name="Signal">The signal's number.</param>
    /// <param name="Usage">What it consumed.</param>
    /// <param name="OutOfMemory">Whether the kernel's out-of-memory killer sent it; null where only signs can tell.</param>
    public sealed record Signalled(int Signal, ProgramUsage Usage, bool? OutOfMemory = null) : ProgramOutcome(Usage);

    /// <summary>It ran longer than its limit and was stopped.</summary>
    /// <param name="Usage">What it consumed.</param>
    public sealed record TimedOut(ProgramUsage Usage) : ProgramOutcome(Usage);

    /// <summary>It was stopped because we were asked to.</summary>
    /// <param name="Usage">What it consumed.</param>
    public sealed record Stopped(ProgramUsage Usage) : ProgramOutcome(Usage);

    /// <summary>It could not be started.</summary>
    /// <param name="Error">One sentence that says why and what to do.</param>
    public sealed record NotStarted(string Error) : ProgramOutcome(ProgramUsage.None);

    /// <summary>What ran it (launcher, interpreter) died under it; the program is not to blame.</summary>
    /// <param name="Error">One sentence that says what happened.</param>
    public sealed record RunnerLost(string Error) : ProgramOutcome(ProgramUsage.None);
}
