using System.Text;

namespace DistributedBatch.Tracker.Logs;

/// <summary>
/// Makes the output of a program safe for a terminal. Control characters other than line feed and tab could move the cursor, change colours or set the
/// title of the window, so they are shown as pictures (U+2400 and following) or as <c>\u009B</c>.
/// </summary>
public static class SafeText
{
    /// <summary><paramref name="text"/> with every control character made visible; a carriage return before a line feed is dropped.</summary>
    public static string Of(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var letter = text[at];
            if (letter == '\r' && at + 1 < text.Length && text[at + 1] == '\n')
                continue;
            if (letter is '\n' or '\t' || !IsDangerous(letter))
                clean.Append(letter);
            else if (letter < ' ')
                clean.Append((char)('\u2400' + letter));
            else if (letter == '\u007f')
                clean.Append('\u2421');
            else
                clean.Append($"\\u{(int)letter:X4}");
        }

        return clean.ToString();
    }

    // Bidirectional overrides (https://trojansource.codes) reorder the text that follows, so they count as control characters.
    private static bool IsDangerous(char letter) =>
        char.IsControl(letter) || letter is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
