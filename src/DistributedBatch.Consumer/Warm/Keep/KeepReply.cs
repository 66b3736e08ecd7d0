using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistributedBatch.Consumer.Warm.Keep;

/// <summary>The reply of a kept interpreter for one chunk.</summary>
internal sealed record KeepReply
{
    private static readonly JsonReaderOptions Line = new() { AllowMultipleValues = true };
    private const byte LineEnd = (byte)'\n';

    /// <summary>The exit code a process would have had.</summary>
    public int Code { get; init; }

    /// <summary>User and system time of the chunk, in seconds.</summary>
    public double Cpu { get; init; }

    /// <summary>Largest resident set of the interpreter so far, in bytes.</summary>
    public long Rss { get; init; }

    /// <summary>Bytes the chunk read from disks.</summary>
    public long Read { get; init; }

    /// <summary>Bytes the chunk wrote to disks.</summary>
    public long Written { get; init; }

    /// <summary>Whether the interpreter ends now, because it could not load the script or has grown too large.</summary>
    public bool Retire { get; init; }

    /// <summary>Whether the script has no function to call.</summary>
    public bool Missing { get; init; }

    /// <summary>
    /// What the function returned, as the interpreter wrote it, which whoever stores it checks like a result file; null when it returned nothing, or
    /// when the result file has it.
    /// </summary>
    [JsonIgnore]
    public string? Result { get; private set; }

    /// <summary>Parses a reply and the result behind it.</summary>
    /// <param name="line">The line with its line end.</param>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static KeepReply Parse(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Line);
        var reply = JsonSerializer.Deserialize(ref reader, KeepJson.Default.KeepReply)!;
        var from = (int)reader.BytesConsumed;
        var result = line[from..].TrimEnd(LineEnd);
        if (result.Length > 0)
            reply.Result = Encoding.UTF8.GetString(result);
        return reply;
    }
}

/// <summary>Parses replies.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeepReply))]
internal sealed partial class KeepJson : JsonSerializerContext;
