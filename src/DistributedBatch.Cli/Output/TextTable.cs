using System.Text;

namespace DistributedBatch.Cli.Output;

/// <summary>Rows in aligned columns, without borders. A row is always one line, so that other programs can read it.</summary>
/// <param name="header">Column titles. A title that starts with '&gt;' makes its column right-aligned.</param>
internal sealed class TextTable(params IReadOnlyList<string> header)
{
    private readonly List<IReadOnlyList<string>> rows = [];

    /// <summary>Adds a row with as many cells as the header.</summary>
    public void Add(params IReadOnlyList<string> cells) => rows.Add(cells);

    /// <summary>Number of rows.</summary>
    public int Count => rows.Count;

    /// <summary>The table as text. The last column is as wide as its text.</summary>
    public override string ToString()
    {
        var right = header.Select(title => title.StartsWith('>')).ToList();
        var titles = header.Select(title => title.TrimStart('>')).ToList();
        var widths = titles.Select((title, column) => rows.Select(row => AnsiColor.Width(row[column])).Append(title.Length).Max()).ToList();
        var text = new StringBuilder();
        foreach (var row in rows.Prepend(titles))
        {
            for (var column = 0; column < row.Count; column++)
            {
                var padding = new string(' ', widths[column] - AnsiColor.Width(row[column]));
                var last = column == row.Count - 1;
                text.Append(right[column] ? padding + row[column] : last ? row[column] : row[column] + padding);
                text.Append(last ? Environment.NewLine : "  ");
            }
        }

        return text.ToString();
    }
}
