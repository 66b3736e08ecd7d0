namespace DistributedBatch.Cli.Sources;

/// <summary>A server said no, or nothing at all.</summary>
/// <param name="sentence">What happened and what to do.</param>
/// <param name="exitCode">What to tell the shell.</param>
internal sealed class ServerException(string sentence, int exitCode) : Exception(sentence)
{
    /// <summary>What to tell the shell.</summary>
    public int ExitCode => exitCode;
}
