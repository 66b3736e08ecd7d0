using Spectre.Console;

namespace DistributedBatch.Cli.Progress;

/// <summary>Chooses a screen.</summary>
internal static class ProgressScreens
{
    /// <summary>The screen for standard error as it is: animated only on a terminal.</summary>
    public static IProgressScreen ForStandardError()
    {
        if (Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "dumb")
            return new PlainScreen(Console.Error);
        return new LiveScreen(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));
    }
}
