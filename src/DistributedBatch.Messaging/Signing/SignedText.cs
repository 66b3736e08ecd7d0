using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Messaging.Signing;

/// <summary>
/// The bytes that are signed. Run and job are signed once for all chunks of a run. Each chunk is signed as a whole: its numbers and its items become part of the command, and
/// so does the lack of items.
/// </summary>
internal static class SignedText
{
    public static byte[] OfJob(string run, ReadOnlySpan<byte> jobJson) => [.. Encoding.UTF8.GetBytes($"dbatch job 1\n{run}\n"), .. jobJson];

    /// <summary>The whole chunk. The signature of the job stands for the job, and <see cref="OfItems"/> gives its items.</summary>
    public static byte[] OfChunk(RunChunk chunk, byte[]? items, string jobSignature) => Encoding.UTF8.GetBytes(
        $"dbatch chunk 1\n{chunk.Run}\n{chunk.Index}\n{chunk.Start}\n{chunk.Count}\n{chunk.Total}\n{chunk.Attempt}\n"
        + $"{(items is null ? "no items" : Convert.ToHexStringLower(SHA256.HashData(items)))}\n{jobSignature}");

    /// <summary>The items with their chunk; null when it has none.</summary>
    public static byte[]? OfItems(RunChunk chunk)
    {
        if (chunk.Items is null)
            return null;
        var columns = chunk.Columns is null ? [] : JsonSerializer.SerializeToUtf8Bytes(chunk.Columns, ContractsJson.Default.IReadOnlyListString);
        var items = JsonSerializer.SerializeToUtf8Bytes(chunk.Items, ContractsJson.Default.IReadOnlyListIReadOnlyListString);
        return [.. Encoding.UTF8.GetBytes($"dbatch items 1\n{chunk.Run}\n{chunk.Index}\n{chunk.Start}\n"), .. columns, (byte)'\n', .. items];
    }
}
