using System.CommandLine;
using System.Reflection;
using DistributedBatch.Cli.CommandLine;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The version of this program.</summary>
    public static string Version =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The verb.</summary>
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
        Console.Out.WriteLine(json ? $$"""{"version":"{{Version}}","runtime":"{{Environment.Version}}"}""" : $"dbatch {Version}");
        return ExitCode.Done;
    }
}
