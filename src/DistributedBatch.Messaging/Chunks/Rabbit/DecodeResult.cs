namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Result of decoding a message of the chunk queue.</summary>
internal abstract record DecodeResult
{
    private DecodeResult()
    {
    }

    /// <summary>A chunk that can be run.</summary>
    public sealed record Readable(RunChunk Chunk) : DecodeResult;

    /// <summary>A chunk that names its run but cannot be run.</summary>
    /// <param name="Run">The run.</param>
    /// <param name="Index">Number of the chunk.</param>
    /// <param name="Attempt">Number of the attempt.</param>
    /// <param name="Reason">Why not.</param>
    /// <param name="IsNewer">Whether only a newer program can run it.</param>
    public sealed record Attributed(RunId Run, int Index, int Attempt, string Reason, bool IsNewer = false) : DecodeResult;

    /// <summary>A message that names no run.</summary>
    public sealed record Unreadable(string Reason) : DecodeResult;
}
