using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Moves the outputs of an attempt aside while the same chunk is run again in the same directory. The directory is the same because programs may
/// write file names into their outputs.
/// </summary>
/// <param name="start">The attempt that has ended.</param>
internal sealed class TrialOutputs(ProgramStart start)
{
    private const string Aside = ".aside";

    private readonly string directory = start.Environment.GetValueOrDefault("DBATCH_OUT") ?? "";
    private readonly string result = start.Environment.GetValueOrDefault("DBATCH_RESULT") ?? "";
    private bool directoryMoved;
    private bool resultMoved;

    /// <summary>Moves the outputs aside, so that the trial starts with an empty directory.</summary>
    public void MoveAside()
    {
        if (Directory.Exists(directory))
        {
            Directory.Move(directory, directory + Aside);
            directoryMoved = true;
            Directory.CreateDirectory(directory);
        }

        if (File.Exists(result))
        {
            File.Move(result, result + Aside, overwrite: true);
            resultMoved = true;
        }
    }

    /// <summary>The start of the trial: the same chunk, with log files of its own.</summary>
    /// <param name="limit">Its time limit.</param>
    public ProgramStart TrialStart(TimeSpan limit) =>
        start with { StdoutPath = start.StdoutPath + Aside, StderrPath = start.StderrPath + Aside, Timeout = limit };

    /// <summary>How the outputs of the trial differ, as the end of a sentence; null when they do not.</summary>
    /// <param name="trial">How the trial ended.</param>
    public string? Difference(ProgramOutcome trial) => trial switch
    {
        ProgramOutcome.Exited { Code: 0 } => FileComparison.OfDirectories(directory + Aside, directory) ?? ResultDifference(),
        ProgramOutcome.Exited exited => $"ended with exit code {exited.Code} as a fork",
        ProgramOutcome.Signalled signalled => $"was ended by signal {signalled.Signal} ({SignalNames.Of(signalled.Signal)}) as a fork",
        ProgramOutcome.TimedOut => "did not end as a fork",
        _ => "could not be forked",
    };

    /// <summary>Moves the outputs back and removes those of the trial; an error sentence when that failed, else null.</summary>
    public string? Restore()
    {
        try
        {
            if (directoryMoved)
            {
                Directory.Delete(directory, recursive: true);
                Directory.Move(directory + Aside, directory);
            }

            if (resultMoved)
                File.Move(result + Aside, result, overwrite: true);
            else if (result.Length > 0)
                File.Delete(result);
            File.Delete(start.StdoutPath + Aside);
            File.Delete(start.StderrPath + Aside);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"The chunk was run in both ways for comparison, and its outputs could not be restored: {failure.Message} Check space and permissions, or use --warm off.";
        }
    }

    private string? ResultDifference() => resultMoved != File.Exists(result) || (resultMoved && !FileComparison.SameContent(result + Aside, result))
        ? "the results differ"
        : null;
}
