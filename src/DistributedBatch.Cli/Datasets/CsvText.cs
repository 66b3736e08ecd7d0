using System.Text;

namespace DistributedBatch.Cli.Datasets;

/// <summary>
/// Comma-separated values by RFC 4180: fields may be quoted, and quoted fields may hold commas, line ends and doubled quotes. Both kinds of line ends are
/// accepted.
/// </summary>
internal static class CsvText
{
    /// <summary>The records of <paramref name="text"/>, each with its first line number. Empty lines are skipped.</summary>
    /// <exception cref="FormatException">A quote is not closed, or something follows a closing quote.</exception>
    public static IEnumerable<(int Line, IReadOnlyList<string> Fields)> Records(string text)
    {
        var at = 0;
        var line = 1;
        while (at < text.Length)
        {
            var firstLine = line;
            var fields = new List<string>();
            var quotedAny = false;
            while (true)
            {
                fields.Add(Field(text, ref at, ref line, ref quotedAny));
                if (at >= text.Length || text[at] != ',')
                    break;
                at++;
            }

            EndLine(text, ref at, ref line);
            if (fields.Count > 1 || fields[0].Length > 0 || quotedAny)
                yield return (firstLine, fields);
        }
    }

    private static string Field(string text, ref int at, ref int line, ref bool quotedAny)
    {
        if (at >= text.Length || text[at] != '"')
        {
            var end = text.AsSpan(at).IndexOfAny(",\r\n");
            var plain = end < 0 ? text[at..] : text.Substring(at, end);
            at += plain.Length;
            return plain;
        }

        quotedAny = true;
        var firstLine = line;
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '\n')
                line++;
            if (text[at] != '"')
            {
                field.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                at++;
                return at >= text.Length || text[at] is ',' or '\r' or '\n'
                    ? field.ToString()
                    : throw new FormatException($"line {line}: a comma or the end of the line must follow a closing quote");
            }
        }

        throw new FormatException($"line {firstLine}: a quote is never closed");
    }

    private static void EndLine(string text, ref int at, ref int line)
    {
        if (at < text.Length && text[at] == '\r')
            at++;
        if (at < text.Length && text[at] == '\n')
            at++;
        line++;
    }
}
