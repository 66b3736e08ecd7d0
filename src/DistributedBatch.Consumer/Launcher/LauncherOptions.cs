using System.Reflection;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>How the consumer starts its launcher.</summary>
public sealed class LauncherOptions
{
    /// <summary>
    /// Whether to use a launcher at all. Default: on Linux. Without it programs are started one by one through the portable way, which is slower, measures
    /// less and cannot promise that <c>kill -9</c> of the consumer leaves nothing running.
    /// </summary>
    public bool Enabled { get; set; } = OperatingSystem.IsLinux();

    /// <summary>The program that answers to <see cref="Arguments"/>. Default: this program.</summary>
    public string Path { get; set; } = Environment.ProcessPath ?? "dbatch";

    /// <summary>Its arguments. Default: the hidden command, after the entry assembly where this program runs under <c>dotnet</c>.</summary>
    public IReadOnlyList<string> Arguments { get; set; } =
        System.IO.Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" && Assembly.GetEntryAssembly()?.Location is { Length: > 0 } entry
            ? [entry, LauncherProgram.Command]
            : [LauncherProgram.Command];
}
