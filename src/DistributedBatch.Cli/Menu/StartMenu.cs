using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.JobFile;

namespace DistributedBatch.Cli.Menu;

/// <summary><c>dbatch</c> alone on a terminal: the menu of the article's program.</summary>
internal static class StartMenu
{
    /// <summary>Asks and does, until <c>quit</c> or the end of the input.</summary>
    public static async Task<int> RunAsync()
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
            return ErrorOutput.Usage("Say what to do: 'dbatch --help' lists the commands. On a terminal, dbatch alone opens a menu.");

        var dialog = new MenuDialog(Console.In, Console.Out, words =>
            ProgramCheck.Mistake(words[0], Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable("PATH") ?? ""));
        var exitCode = ExitCode.Done;
        while (dialog.Choose() is { } verb && verb != "quit")
        {
            IReadOnlyList<string>? arguments = verb == "start" ? dialog.Start()?.Arguments : [verb];
            if (arguments is null)
                break;
            Console.Out.WriteLine($"> dbatch {CommandText.Join(arguments)}");
            exitCode = await CommandTree.RunAsync(arguments);
        }

        return exitCode;
    }
}
