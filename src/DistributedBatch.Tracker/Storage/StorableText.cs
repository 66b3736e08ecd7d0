using System.Text;

namespace DistributedBatch.Tracker.Storage;

/// <summary>
/// Makes a text storable. PostgreSQL stores neither NUL nor half of a surrogate pair
/// (https://www.postgresql.org/docs/current/datatype-character.html). Both become U+FFFD, on SQLite too, so that both databases hold the same text.
/// </summary>
internal static class StorableText
{
    /// <summary><paramref name="text"/> as it can be stored.</summary>
    public static string? Of(string? text)
    {
        if (text is null || IsStorable(text))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar.ToString() : rune.ToString());
        return clean.ToString();
    }

    private static bool IsStorable(string text)
    {
        foreach (var letter in text)
        {
            if (letter == '\0' || char.IsSurrogate(letter))
                return false;
        }

        return true;
    }
}
