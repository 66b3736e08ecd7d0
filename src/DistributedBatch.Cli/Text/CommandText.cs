using System.Text;

namespace DistributedBatch.Cli.Text;

/// <summary>
/// Splits a command into words at blanks. Quotes and backslashes protect blanks as in a shell; <c>$</c>, <c>*</c>, <c>|</c> and <c>;</c> are ordinary
/// characters.
/// </summary>
internal static class CommandText
{
    /// <summary>The words of <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var started = false;
        char? quote = null;
        for (var at = 0; at < text.Length; at++)
        {
            var character = text[at];
            if (character == '\\' && quote != '\'' && at + 1 < text.Length)
            {
                word.Append(text[++at]);
                started = true;
            }
            else if (character == quote)
            {
                quote = null;
            }
            else if (quote is null && character is '\'' or '"' && quote is null)
            {
                quote = character;
                started = true;
            }
            else if (quote is null && char.IsWhiteSpace(character))
            {
                if (started)
                    words.Add(word.ToString());
                word.Clear();
                started = false;
            }
            else
            {
                word.Append(character);
                started = true;
            }
        }

        if (quote is not null)
            throw new FormatException($"the quote {quote} is never closed");
        if (started)
            words.Add(word.ToString());
        return words;
    }

    /// <summary>The words as one line, which a shell reads as the same words.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(character => char.IsAsciiLetterOrDigit(character) || "_-./=:,+@%{}".Contains(character, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
