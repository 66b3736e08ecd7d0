namespace DistributedBatch.Cli.Output;

/// <summary>The exit codes of <c>dbatch</c>, which are part of its contract.</summary>
internal static class ExitCode
{
    /// <summary>All chunks succeeded, or the question was answered.</summary>
    public const int Done = 0;

    /// <summary>Some chunks failed, or the run was cancelled.</summary>
    public const int SomeFailed = 1;

    /// <summary>The request is invalid; nothing was started.</summary>
    public const int WrongUsage = 2;

    /// <summary>The server or broker cannot be reached.</summary>
    public const int Unreachable = 3;

    /// <summary>Ctrl-C or SIGTERM.</summary>
    public const int Interrupted = 130;
}
