namespace DistributedBatch.Consumer.Warm.Python;

/// <summary>The result of parsing a command as a start of Python.</summary>
internal abstract record PythonParseResult
{
    /// <summary>It starts a script or module in a way that warm start supports.</summary>
    /// <param name="Command">Its parts.</param>
    public sealed record Parsed(PythonCommand Command) : PythonParseResult;

    /// <summary>It starts another program, or needs a process of its own.</summary>
    /// <param name="Reason">Half a sentence for people.</param>
    public sealed record Unsupported(string Reason) : PythonParseResult;
}
