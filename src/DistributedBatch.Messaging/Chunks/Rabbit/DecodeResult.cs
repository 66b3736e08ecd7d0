using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>What a message on the chunk queue turned out to be.</summary>
internal abstract record DecodeResult
{
    private DecodeResult()
    {
    }

    /// <summary>A chunk we can run.</summary>
    public sealed record Readable(RunChunk Chunk) : DecodeResult;

    /// <summary>A chunk of a known run that we cannot run.</summary>
    public sealed record Attributed(RunId Run, int Index, int Attempt, string Reason) : DecodeResult;

    /// <summary>Nothing we can name.</summary>
    public sealed record Unreadable(string Reason) : DecodeResult;
}
