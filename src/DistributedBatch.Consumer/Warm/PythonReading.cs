namespace DistributedBatch.Consumer.Warm;

/// <summary>What a command vector turned out to be when it was read as a start of Python.</summary>
internal abstract record PythonReading
{
    /// <summary>It starts a script or module in a way that can be kept warm.</summary>
    /// <param name="Command">Its parts.</param>
    public sealed record Found(PythonCommand Command) : PythonReading;

    /// <summary>It starts something else, or in a way that only a new process can do.</summary>
    /// <param name="Reason">Half a sentence for people.</param>
    public sealed record Unsuited(string Reason) : PythonReading;
}
