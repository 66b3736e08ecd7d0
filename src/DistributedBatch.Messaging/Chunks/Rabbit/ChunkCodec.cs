using System.Buffers;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// Chunks as JSON. The decoder checks the protocol version first, so that a message of a newer program is refused with a sentence and not with a parser's error. The job is
/// the same in every chunk of a run: it is parsed once, and its chunks share one object.
/// </summary>
/// <param name="verifier">Checks signatures; null accepts every chunk.</param>
internal sealed class ChunkCodec(ChunkVerifier? verifier = null)
{
    private readonly JobCache jobs = new();

    public static byte[] Encode(RunChunk chunk) => JsonSerializer.SerializeToUtf8Bytes(chunk, ContractsJson.Default.RunChunk);

    public DecodeResult Decode(ReadOnlySpan<byte> body)
    {
        ChunkOutline outline;
        try
        {
            outline = ChunkOutline.Of(body);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            return new DecodeResult.Unreadable($"it is not a chunk ({failure.Message})");
        }

        if (outline.Protocol is not { } protocol)
            return outline.Refused("it has no protocol version");
        if (protocol > Protocol.Version)
        {
            return outline.Refused(
                $"it has protocol {protocol}, but this program knows only up to {Protocol.Version}; use the same version of dbatch on every machine",
                isNewer: true);
        }

        try
        {
            if (DecodeKnown(body, outline) is not { } chunk)
                return outline.Refused("it holds no job");
            return (ChunkCheck.Mistake(chunk) ?? verifier?.Refusal(chunk, body[outline.JobStart..outline.JobEnd])) is { } refusal
                ? outline.Refused(refusal)
                : new DecodeResult.Readable(chunk with { TraceParent = TraceContext.Checked(chunk.TraceParent) });
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException or InvalidOperationException or FormatException)
        {
            return outline.Refused($"it cannot be read ({failure.Message})");
        }
    }

    private RunChunk? DecodeKnown(ReadOnlySpan<byte> body, in ChunkOutline outline)
    {
        if (outline.JobEnd == 0)
            return null;
        var job = jobs.Read(body[outline.JobStart..outline.JobEnd]);
        if (job is null)
            return null;

        // The rest is parsed with a null in place of the job.
        var length = body.Length - (outline.JobEnd - outline.JobStart) + 4;
        var rest = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body[..outline.JobStart].CopyTo(rest);
            "null"u8.CopyTo(rest.AsSpan(outline.JobStart));
            body[outline.JobEnd..].CopyTo(rest.AsSpan(outline.JobStart + 4));
            var chunk = JsonSerializer.Deserialize(rest.AsSpan(0, length), ContractsJson.Default.RunChunk);
            return chunk is null ? null : chunk with { Job = job };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rest);
        }
    }

    /// <summary>The position of the job in a chunk's JSON, and the fields that name the chunk. Everything else is skipped.</summary>
    private readonly record struct ChunkOutline(int? Protocol, string? Run, int? Index, int Attempt, int JobStart, int JobEnd)
    {
        public static ChunkOutline Of(ReadOnlySpan<byte> body)
        {
            var outline = default(ChunkOutline);
            var reader = new Utf8JsonReader(body);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new FormatException("no JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("job"u8))
                {
                    reader.Read();
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    outline = outline with { JobStart = start, JobEnd = (int)reader.BytesConsumed };
                }
                else if (reader.ValueTextEquals("protocol"u8))
                {
                    reader.Read();
                    outline = outline with { Protocol = reader.GetInt32() };
                }
                else if (reader.ValueTextEquals("run"u8))
                {
                    reader.Read();
                    outline = outline with { Run = reader.GetString() };
                }
                else if (reader.ValueTextEquals("index"u8))
                {
                    reader.Read();
                    outline = outline with { Index = reader.GetInt32() };
                }
                else if (reader.ValueTextEquals("attempt"u8))
                {
                    reader.Read();
                    outline = outline with { Attempt = reader.GetInt32() };
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            return outline;
        }

        public DecodeResult Refused(string reason, bool isNewer = false) => RunId.TryParse(Run, out var run) && Index is { } index
            ? new DecodeResult.Attributed(run, index, Math.Max(1, Attempt), reason, isNewer)
            : new DecodeResult.Unreadable(reason);
    }
}
