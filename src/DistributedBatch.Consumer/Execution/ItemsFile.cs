using System.Text;

namespace DistributedBatch.Consumer.Execution;

/// <summary>The file that <c>{items}</c> names: one item per line; for rows a CSV (RFC 4180) with a header.</summary>
public static class ItemsFile
{
    private static readonly System.Buffers.SearchValues<char> NeedQuotes = System.Buffers.SearchValues.Create(",\"\r\n");

    /// <summary>The content of the file for <paramref name="chunk"/>, in UTF-8.</summary>
    public static string Content(RunChunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        var text = new StringBuilder();
        if (chunk.Columns is { } columns)
            text.AppendJoin(',', columns.Select(Quoted)).Append('\n');
        foreach (var item in chunk.Items ?? [])
            text.AppendJoin(',', chunk.Columns is null ? item : item.Select(Quoted)).Append('\n');
        return text.ToString();
    }

    private static string Quoted(string value) =>
        value.AsSpan().ContainsAny(NeedQuotes) ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
}
