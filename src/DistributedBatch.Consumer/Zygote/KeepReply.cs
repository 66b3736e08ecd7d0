using System.Text.Json.Serialization;

namespace DistributedBatch.Consumer.Zygote;

/// <summary>How a kept interpreter answers for one chunk.</summary>
internal sealed record KeepReply
{
    /// <summary>The exit code a process would have had.</summary>
    public int Code { get; init; }

    /// <summary>User and system seconds of the chunk.</summary>
    public double Cpu { get; init; }

    /// <summary>Largest resident set of the interpreter so far, in bytes.</summary>
    public long Rss { get; init; }

    /// <summary>Bytes the chunk read from disks.</summary>
    public long Read { get; init; }

    /// <summary>Bytes the chunk wrote to disks.</summary>
    public long Written { get; init; }

    /// <summary>The interpreter ends after this answer: it could not load the script, or has grown too large.</summary>
    public bool Retire { get; init; }

    /// <summary>The script offers nothing to call.</summary>
    public bool Missing { get; init; }
}

/// <summary>How answers are read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeepReply))]
internal sealed partial class KeepJson : JsonSerializerContext;
