namespace DistributedBatch.Cli.Checks;

/// <summary>Where <c>dbatch run</c> keeps its state and the reading commands look for it.</summary>
internal static class LocalState
{
    /// <summary><c>DBATCH_STATE</c>, else <c>.dbatch</c> below <paramref name="directory"/>.</summary>
    public static string Default(string directory) =>
        Path.GetFullPath(Environment.GetEnvironmentVariable("DBATCH_STATE") is { Length: > 0 } chosen ? chosen : ".dbatch", directory);
}
