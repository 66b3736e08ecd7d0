using DistributedBatch.Consumer.Launcher;

namespace DistributedBatch.Consumer.Tests;

/// <summary>The real programs that tests run; they lie beside the test program.</summary>
public static class Programs
{
    public static readonly string Dbatch = Path.Combine(AppContext.BaseDirectory, "dbatch");

    public static readonly string TestProgram = Path.Combine(AppContext.BaseDirectory, "DistributedBatch.TestProgram");

    public static LauncherOptions Launcher => new() { Path = Dbatch, Arguments = [LauncherProgram.Command] };
}
