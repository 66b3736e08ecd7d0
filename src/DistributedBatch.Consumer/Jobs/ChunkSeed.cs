using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DistributedBatch.Consumer.Jobs;

/// <summary>
/// The value of <c>DBATCH_SEED</c>: the first four bytes, big-endian, of the SHA-256 of <c>RUN/INDEX</c>. It is the same for every attempt and host;
/// in Python: <c>int.from_bytes(hashlib.sha256(b"RUN/12").digest()[:4], "big")</c>.
/// </summary>
public static class ChunkSeed
{
    /// <summary>The seed of chunk <paramref name="index"/> of <paramref name="run"/>.</summary>
    public static uint Of(RunId run, int index)
    {
        Span<byte> text = stackalloc byte[RunId.Length + 12];
        var length = Encoding.ASCII.GetBytes(run.Value, text);
        text[length++] = (byte)'/';
        index.TryFormat(text[length..], out var digits, provider: CultureInfo.InvariantCulture);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..(length + digits)], hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
