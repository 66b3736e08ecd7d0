using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "print JSON" };
        var command = new Command("version", "Print the version.") { json };
        command.SetAction(parsed => Print(parsed.GetValue(json)));
        return command;
    }

    /// <summary>Prints the version.</summary>
    public static int Print(bool json)
    {
        Console.Out.WriteLine(json ? $$"""{"version":"{{ProgramVersion.Text}}","runtime":"{{Environment.Version}}"}""" : $"dbatch {ProgramVersion.Text}");
        return ExitCode.Done;
    }
}
