using System.Buffers;

namespace DistributedBatch.Contracts.Text;

/// <summary>
/// Reads what Python's <c>json</c> writes for numbers that JSON does not have: <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>. They become <c>null</c>, as in
/// pandas and in browsers.
/// </summary>
public static class NonFiniteNumbers
{
    /// <summary>The same text with <c>null</c> in the place of every such number outside a string. Says nothing about whether the rest is JSON.</summary>
    public static ReadOnlyMemory<byte> AsNull(ReadOnlySpan<byte> json)
    {
        var text = new ArrayBufferWriter<byte>(json.Length);
        var inString = false;
        while (json.Length > 0)
        {
            var taken = 1;
            if (inString && json[0] == '\\')
                taken = Math.Min(2, json.Length);
            else if (json[0] == '"')
                inString = !inString;
            else if (!inString && NumberAt(json) is > 0 and var length)
                taken = length;

            text.Write(taken > 2 ? "null"u8 : json[..taken]);
            json = json[taken..];
        }

        return text.WrittenMemory;
    }

    // The length of the number; 0 for anything else.
    private static int NumberAt(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? 3 : json.StartsWith("Infinity"u8) ? 8 : json.StartsWith("-Infinity"u8) ? 9 : 0;
}
