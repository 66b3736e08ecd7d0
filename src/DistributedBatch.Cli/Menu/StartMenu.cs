using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Menu;

/// <summary><c>dbatch</c> without arguments on a terminal: the menu of the article's program.</summary>
internal static class StartMenu
{
    /// <summary>Runs the chosen commands until <c>quit</c> or the end of the input.</summary>
    /// <param name="runAsync">Runs a command line.</param>
    public static async Task<int> RunAsync(Func<IReadOnlyList<string>, Task<int>> runAsync)
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
            return ErrorOutput.Usage("No command is given. 'dbatch --help' lists the commands. On a terminal, dbatch without arguments opens a menu.");

        var dialog = new MenuDialog(Console.In, Console.Out, words =>
            ProgramCheck.Mistake(words[0], Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable("PATH") ?? ""));
        var exitCode = ExitCode.Done;
        while (dialog.Choose() is { } choice && choice != "quit")
        {
            IReadOnlyList<string>? arguments = choice == "start" ? dialog.Start()?.Arguments : [choice];
            if (arguments is null)
                break;
            Console.Out.WriteLine($"> dbatch {CommandText.Join(arguments)}");
            exitCode = await runAsync(arguments);
        }

        return exitCode;
    }
}
