namespace DistributedBatch.Cli.Options;

/// <summary>How long settled runs are kept, as <c>--keep</c> says it.</summary>
internal static class RetentionText
{
    /// <summary>Reads the time; null, and a sentence among the <paramref name="mistakes"/>, when it is none.</summary>
    public static TimeSpan? Read(string text, List<string> mistakes)
    {
        var time = DurationText.Read(text);
        if (time is null)
            mistakes.Add($"--keep wants a duration such as 30d or 12h, not '{text}'.");
        return time;
    }
}
