namespace DistributedBatch.Consumer.Processes;

/// <summary>How a program ended.</summary>
/// <param name="Usage">What it used.</param>
public abstract record ProgramOutcome(ProgramUsage Usage)
{
    /// <summary>Whether other processes of the attempt outlived the program and were killed. They may write to its files for a moment longer.</summary>
    public bool Stragglers { get; init; }

    /// <summary>The small result as JSON, when the runner received it directly; null when it may be in the result file.</summary>
    public string? Result { get; init; }

    /// <summary>The program exited.</summary>
    /// <param name="Code">Its exit code; 0 is success.</param>
    /// <param name="Usage">What it used.</param>
    public sealed record Exited(int Code, ProgramUsage Usage) : ProgramOutcome(Usage);

    /// <summary>A signal ended it that we did not send.</summary>
    /// <param name="Signal">The signal's number.</param>
    /// <param name="Usage">What it used.</param>
    /// <param name="OutOfMemory">Whether the kernel's out-of-memory killer sent the signal; null when the runner cannot tell.</param>
    public sealed record Signalled(int Signal, ProgramUsage Usage, bool? OutOfMemory = null) : ProgramOutcome(Usage);

    /// <summary>It ran longer than its limit and was stopped.</summary>
    /// <param name="Usage">What it used.</param>
    public sealed record TimedOut(ProgramUsage Usage) : ProgramOutcome(Usage);

    /// <summary>It was stopped on request.</summary>
    /// <param name="Usage">What it used.</param>
    public sealed record Stopped(ProgramUsage Usage) : ProgramOutcome(Usage);

    /// <summary>It could not be started.</summary>
    /// <param name="Error">Why, and what to do about it.</param>
    public sealed record NotStarted(string Error) : ProgramOutcome(ProgramUsage.None);

    /// <summary>The launcher or interpreter that ran it was killed while it ran nothing else, so the program is to blame.</summary>
    /// <param name="Error">What happened and what to do about it.</param>
    public sealed record KilledRunner(string Error) : ProgramOutcome(ProgramUsage.None);

    /// <summary>The launcher or interpreter that ran it died, which is not the program's fault.</summary>
    /// <param name="Error">What happened, in one sentence.</param>
    public sealed record RunnerLost(string Error) : ProgramOutcome(ProgramUsage.None);
}
