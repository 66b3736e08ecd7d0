using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Messaging.Signing;

/// <summary>
/// The bytes that are signed. Run and job are signed once for all chunks of a run, because checking a signature takes longer than receiving a chunk. Items become part of
/// commands, so the items of each chunk are signed with the chunk's numbers.
/// </summary>
internal static class SignedText
{
    public static byte[] OfJob(string run, ReadOnlySpan<byte> jobJson) => [.. Encoding.UTF8.GetBytes($"dbatch job 1\n{run}\n"), .. jobJson];

    public static byte[] OfItems(RunChunk chunk)
    {
        var columns = chunk.Columns is null ? [] : JsonSerializer.SerializeToUtf8Bytes(chunk.Columns, ContractsJson.Default.IReadOnlyListString);
        var items = JsonSerializer.SerializeToUtf8Bytes(chunk.Items!, ContractsJson.Default.IReadOnlyListIReadOnlyListString);
        return [.. Encoding.UTF8.GetBytes($"dbatch items 1\n{chunk.Run}\n{chunk.Index}\n{chunk.Start}\n"), .. columns, (byte)'\n', .. items];
    }
}
