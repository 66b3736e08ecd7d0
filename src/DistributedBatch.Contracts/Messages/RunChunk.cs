using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Command on the chunk queue: execute one chunk. Carries all a host needs to know, so that a host needs nothing but the broker.</summary>
public sealed record RunChunk : IVersioned
{
    /// <summary>See <see cref="Protocol.Version"/>.</summary>
    public int Protocol { get; init; } = Messages.Protocol.Version;

    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Number of the chunk, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>First item.</summary>
    public required long Start { get; init; }

    /// <summary>Number of items.</summary>
    public required long Count { get; init; }

    /// <summary>Number of items in the dataset.</summary>
    public required long Total { get; init; }

    /// <summary>Number of this attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>
    /// The run's revision when the chunk was dispatched. A cancel or pause of a newer revision applies to the chunk, and an older one does not. Null from a producer
    /// that does not send it.
    /// </summary>
    public long? Revision { get; init; }

    /// <summary>How many more lost hosts make the chunk fail; what is left of <see cref="RunSpec.CrashLimit"/>.</summary>
    public int CrashLimit { get; init; } = 5;

    /// <summary>How many hosts the chunk was lost with before this message.</summary>
    public int LostHosts { get; init; }

    /// <summary>
    /// Whether the host must have reported the start, with the broker's confirm, before it starts the program. The producer asks for it once a chunk was lost and nobody
    /// knows whether it had started: only a started chunk can be what kills hosts.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ConfirmStart { get; init; }

    /// <summary>What to run.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>The values of each item, in item order: one per column, or the item alone; null for a range.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Items { get; init; }

    /// <summary>Column names of <see cref="Items"/>; null unless the items are rows.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>The producer's Ed25519 signature of run and job, in base64; null without signing, as on one box.</summary>
    public string? Signature { get; init; }

    /// <summary>The producer's signature of <see cref="Items"/> and <see cref="Columns"/> for hosts of older versions; null without items or signature.</summary>
    public string? ItemsSignature { get; init; }

    /// <summary>
    /// The producer's signature of the chunk as a whole: run, number, range, attempt, whether there are items, and their hash. Null without signing, and from an older producer.
    /// </summary>
    public string? ChunkSignature { get; init; }

    /// <summary>W3C trace context of the dispatch; null when tracing is off.</summary>
    public string? TraceParent { get; init; }
}
