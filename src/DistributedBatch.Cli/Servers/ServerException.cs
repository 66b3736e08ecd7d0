namespace DistributedBatch.Cli.Servers;

/// <summary>A server refused a request, or did not answer.</summary>
/// <param name="problem">What happened, in one sentence.</param>
/// <param name="exitCode">Exit code of the program.</param>
/// <param name="remedy">What to do, in one sentence; null when the problem says it.</param>
internal sealed class ServerException(string problem, int exitCode, string? remedy = null) : Exception(remedy is null ? problem : $"{problem} {remedy}")
{
    /// <summary>What happened, without what to do.</summary>
    public string Problem => problem;

    /// <summary>Exit code of the program.</summary>
    public int ExitCode => exitCode;
}
