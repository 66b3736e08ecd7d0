using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// What an attempt left, kept aside while the same chunk is done again in the same place: a program that writes the names of its files into them must find
/// the same names.
/// </summary>
/// <param name="start">The attempt that has ended.</param>
internal sealed class TrialOutputs(ProgramStart start)
{
    private const string Aside = ".aside";

    private readonly string directory = start.Environment.GetValueOrDefault("DBATCH_OUT") ?? "";
    private readonly string result = start.Environment.GetValueOrDefault("DBATCH_RESULT") ?? "";
    private bool directoryMoved;
    private bool resultMoved;

    /// <summary>Makes room for the trial.</summary>
    public void SetAside()
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

    /// <summary>The same chunk once more, with log files of its own.</summary>
    /// <param name="limit">Its longest time.</param>
    public ProgramStart Trial(TimeSpan limit) =>
        start with { StdoutPath = start.StdoutPath + Aside, StderrPath = start.StderrPath + Aside, Timeout = limit };

    /// <summary>How the trial differs from what was set aside, the end of a sentence; null when it does not.</summary>
    /// <param name="trial">How it ended.</param>
    public string? Difference(ProgramOutcome trial) => trial switch
    {
        ProgramOutcome.Exited { Code: 0 } => FileComparison.OfDirectories(directory + Aside, directory) ?? OfResults(),
        ProgramOutcome.Exited exited => $"ended with exit code {exited.Code} as a fork",
        ProgramOutcome.Signalled signalled => $"was ended by signal {signalled.Signal} ({SignalNames.Of(signalled.Signal)}) as a fork",
        ProgramOutcome.TimedOut => "did not end as a fork",
        _ => "could not be forked",
    };

    /// <summary>Puts back what was set aside and removes what the trial left; a sentence when that failed, else null.</summary>
    public string? PutBack()
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
            return $"The chunk was done in both ways for comparison, and its outputs could not be put back: {failure.Message} Check space and permissions, or use --warm off.";
        }
    }

    private string? OfResults() => resultMoved != File.Exists(result) || (resultMoved && !FileComparison.SameContent(result + Aside, result))
        ? "the results differ"
        : null;
}
