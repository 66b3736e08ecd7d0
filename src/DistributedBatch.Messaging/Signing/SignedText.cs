using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Signing;

/// <summary>
/// What exactly is signed. Run and job once for a whole run, because checking a signature takes longer than the rest of receiving a chunk; a chunk's numbers
/// are only numbers. Items are texts that become part of commands, so those of each chunk are signed by themselves, tied to their chunk.
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
