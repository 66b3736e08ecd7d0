using DistributedBatch.Consumer.Launcher;

namespace DistributedBatch.Consumer.Tests;

/// <summary>Real programs that tests run. They are in the directory of the test program.</summary>
public static class Programs
{
    public static readonly string Dbatch = Path.Combine(AppContext.BaseDirectory, "dbatch");

    public static readonly string TestProgram = Path.Combine(AppContext.BaseDirectory, "DistributedBatch.TestProgram");

    /// <summary>Writes an executable shell script and gives its path.</summary>
    public static string Script(TempDirectory directory, string name, string text)
    {
        var path = directory.Write(name, $"#!/bin/sh\n{text.ReplaceLineEndings("\n")}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    public static LauncherOptions Launcher => new() { Path = Dbatch, Arguments = [LauncherProgram.Command] };
}
