namespace DistributedBatch.Cli.Servers;

/// <summary>A server refused a request, or did not answer.</summary>
/// <param name="sentence">What happened and what to do.</param>
/// <param name="exitCode">Exit code of the program.</param>
internal sealed class ServerException(string sentence, int exitCode) : Exception(sentence)
{
    /// <summary>Exit code of the program.</summary>
    public int ExitCode => exitCode;
}
