using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Progress;

/// <summary>Chooses the progress screen.</summary>
internal static class ProgressScreens
{
    /// <summary>The screen for standard error: animated on a terminal, plain lines elsewhere.</summary>
    public static IProgressScreen ForStandardError() => Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "dumb"
        ? new PlainScreen(Console.Error)
        : new LiveScreen(LiveRegion.On(Console.Error), AnsiColor.Allowed);
}
