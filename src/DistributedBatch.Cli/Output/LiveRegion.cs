using System.Text;

namespace DistributedBatch.Cli.Output;

/// <summary>Lines on a terminal that are drawn again in place. Each line is cut to the width of the terminal, because a wrapped line could not be erased.</summary>
/// <param name="terminal">The terminal.</param>
/// <param name="size">Reads the width and height of the terminal, which may change.</param>
internal sealed class LiveRegion(TextWriter terminal, Func<(int Width, int Height)> size)
{
    private int drawn;

    /// <summary>The region at the cursor of this process's terminal.</summary>
    /// <param name="terminal">Standard output or standard error.</param>
    public static LiveRegion On(TextWriter terminal) => new(terminal, () => (Console.WindowWidth, Console.WindowHeight));

    /// <summary>Replaces the lines.</summary>
    public void Draw(IReadOnlyList<string> lines)
    {
        var (width, height) = size();
        var text = new StringBuilder(Home());
        drawn = 0;
        foreach (var line in lines.Take(Math.Max(1, height - 1)))
        {
            // Cut before the last column: a terminal wraps a line that fills it.
            text.Append(AnsiColor.Cut(line, Math.Max(1, width - 1))).Append("\e[K\n");
            drawn++;
        }

        terminal.Write(text.Append("\e[J"));
        terminal.Flush();
    }

    /// <summary>Removes the lines.</summary>
    public void Clear() => Draw([]);

    private string Home() => drawn > 0 ? $"\r\e[{drawn}A" : "\r";
}
