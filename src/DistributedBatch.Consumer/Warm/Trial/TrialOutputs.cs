using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Consumer.Warm.Trial;

/// <summary>
/// Moves the outputs of an attempt aside while the same chunk is run again in the same directory, and compares. The directory is the same
/// because programs may write file names into their outputs.
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
        }

        if (directory.Length > 0)
            Directory.CreateDirectory(directory);

        if (File.Exists(result))
        {
            File.Move(result, result + Aside, overwrite: true);
            resultMoved = true;
        }
    }

    /// <summary>The start of another run of the same chunk, with log files of its own.</summary>
    /// <param name="limit">Its time limit.</param>
    public ProgramStart RerunStart(TimeSpan limit) =>
        start with { StdoutPath = start.StdoutPath + Aside, StderrPath = start.StderrPath + Aside, Timeout = limit };

    /// <summary>How all that a user sees of another run differs from the attempt; null when it does not.</summary>
    /// <param name="rerun">How the other run ended.</param>
    public TrialDifference? Difference(ProgramOutcome rerun) => rerun switch
    {
        ProgramOutcome.Exited { Code: 0 } => FilesDifference() is { } text ? new TrialDifference(text) : LogDifference(),
        ProgramOutcome.Exited exited => new TrialDifference($"it ended with exit code {exited.Code}"),
        ProgramOutcome.Signalled signalled => new TrialDifference($"it was ended by signal {signalled.Signal} ({SignalText.WithCause(signalled.Signal)})"),
        ProgramOutcome.TimedOut => new TrialDifference("it did not end in time"),
        _ => new TrialDifference("it could not be started"),
    };

    /// <summary>Removes the outputs of a rerun, so that the next one starts with an empty directory.</summary>
    public void Clear()
    {
        if (directory.Length > 0)
        {
            RemoveDirectory();
            Directory.CreateDirectory(directory);
        }

        if (result.Length > 0)
            File.Delete(result);
    }

    /// <summary>Moves the outputs back and removes those of the trial; an error sentence when that failed, else null.</summary>
    public string? Restore()
    {
        try
        {
            RemoveDirectory();
            if (directoryMoved)
                Directory.Move(directory + Aside, directory);

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

    private void RemoveDirectory()
    {
        if (Directory.Exists(directory))
            DirectoryRemoval.Remove(directory);
    }

    private string? FilesDifference()
    {
        var sameResult = resultMoved == File.Exists(result) && (!resultMoved || FileComparison.SameContent(result + Aside, result));
        return FileComparison.OfDirectories(directory + Aside, directory) ?? (sameResult ? null : "the results differ");
    }

    // A difference that is more than times comes first.
    private TrialDifference? LogDifference()
    {
        var stdout = LogComparison.Of(start.StdoutPath, start.StdoutPath + Aside, "standard output");
        var stderr = LogComparison.Of(start.StderrPath, start.StderrPath + Aside, "standard error");
        return stdout is null or { OnlyTimes: true } && stderr is not null ? stderr : stdout;
    }
}
