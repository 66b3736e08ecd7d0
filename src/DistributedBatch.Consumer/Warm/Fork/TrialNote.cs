using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>The file in which a trial says why it ended itself: it was about to do something that must not be done twice.</summary>
internal static class TrialNote
{
    private const int MaxLength = 200;

    /// <summary>The path of the file, beside the log files of the trial.</summary>
    public static string PathOf(ProgramStart trial) => trial.StderrPath + ".note";

    /// <summary>What the trial was about to do, as the end of "the script …"; null when it did nothing of the kind. Removes the file.</summary>
    public static string? Take(ProgramStart trial)
    {
        var path = PathOf(trial);
        if (!File.Exists(path))
            return null;
        var text = File.ReadAllText(path);
        File.Delete(path);
        return text.Length > MaxLength ? text[..MaxLength] + "…" : text;
    }
}
