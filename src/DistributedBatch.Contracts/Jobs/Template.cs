using System.Text;

namespace DistributedBatch.Contracts.Jobs;

/// <summary>A text with placeholders such as <c>{start}</c>; <c>{{</c> is a literal brace, and so is a closing one that closes nothing.</summary>
public sealed class Template
{
    private readonly IReadOnlyList<(string Text, bool IsName)> parts;

    private Template(IReadOnlyList<(string Text, bool IsName)> parts) => this.parts = parts;

    /// <summary>The names the template uses, each once.</summary>
    public IEnumerable<string> Names => parts.Where(part => part.IsName).Select(part => part.Text).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// Reads a template. A brace that holds no plausible name (<c>{"json": 1}</c>, <c>${HOME}</c> with other characters than letters, digits, <c>_ . -</c>)
    /// stays text, so that scripts on the command line survive.
    /// </summary>
    public static Template Parse(string text)
    {
        var parts = new List<(string Text, bool IsName)>();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '{' && at + 1 < text.Length && text[at + 1] == '{')
            {
                literal.Append('{');
                at++;
            }
            else if (text[at] == '{' && NameAt(text, at) is { } name)
            {
                if (literal.Length > 0)
                    parts.Add((literal.ToString(), false));
                literal.Clear();
                parts.Add((name, true));
                at += name.Length + 1;
            }
            else
            {
                literal.Append(text[at]);
            }
        }

        if (literal.Length > 0)
            parts.Add((literal.ToString(), false));
        return new Template(parts);
    }

    /// <summary>The text with every placeholder replaced by <paramref name="valueOf"/> its name.</summary>
    public string Fill(Func<string, string> valueOf) => parts switch
    {
        [] => "",
        [var (text, isName)] => isName ? valueOf(text) : text,
        _ => string.Concat(parts.Select(part => part.IsName ? valueOf(part.Text) : part.Text)),
    };

    private static string? NameAt(string text, int brace)
    {
        var end = text.IndexOf('}', brace);
        if (end <= brace + 1)
            return null;
        var name = text[(brace + 1)..end];
        return name.All(letter => char.IsLetterOrDigit(letter) || letter is '_' or '.' or '-') ? name : null;
    }
}
