using System.Reflection;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>How the consumer starts its launcher.</summary>
public sealed class LauncherOptions
{
    /// <summary>
    /// Whether to use a launcher. Default: on Linux. Without it, starts are slower, less is measured, and programs may survive a <c>kill -9</c> of
    /// the consumer.
    /// </summary>
    public bool Enabled { get; set; } = OperatingSystem.IsLinux();

    /// <summary>The launcher's program. Default: this program.</summary>
    public string Path { get; set; } = Environment.ProcessPath ?? "dbatch";

    /// <summary>Its arguments. Default: the hidden command, after the entry assembly when this program runs under <c>dotnet</c>.</summary>
    public IReadOnlyList<string> Arguments { get; set; } =
        System.IO.Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" && Assembly.GetEntryAssembly()?.Location is { Length: > 0 } entry
            ? [entry, LauncherProgram.Command]
            : [LauncherProgram.Command];
}
