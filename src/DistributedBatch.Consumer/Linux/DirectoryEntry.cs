using System.Text;

namespace DistributedBatch.Consumer.Linux;

/// <summary>An entry of a directory. Its name is bytes, because a name need not be text.</summary>
/// <param name="Name">The name, with a 0 at its end.</param>
/// <param name="Type">The type, as readdir(3) tells it.</param>
internal readonly record struct DirectoryEntry(byte[] Name, DirectoryEntryType Type)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The name as text; null when it is not UTF-8.</summary>
    public string? Text
    {
        get
        {
            try
            {
                return Strict.GetString(Name.AsSpan(0, Name.Length - 1));
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }

    /// <summary>The name for people: bytes that are not printable ASCII are escaped as in Python when the name is not UTF-8.</summary>
    public string ForPeople => Text?.Replace("\n", "\\n", StringComparison.Ordinal)
        ?? string.Concat(Name.SkipLast(1).Select(letter => letter is >= 0x20 and < 0x7F ? ((char)letter).ToString() : $"\\x{letter:x2}"));
}
