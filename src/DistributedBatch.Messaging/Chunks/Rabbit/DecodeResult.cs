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
    public sealed record Attributed(RunId Run, int Index, int Attempt, string Reason) : DecodeResult;

    /// <summary>A message that names no run.</summary>
    public sealed record Unreadable(string Reason) : DecodeResult;
}
