namespace DistributedBatch.Cli.Output;

/// <summary>Colours on a terminal; no colours in pipes and files, and none when NO_COLOR is set (https://no-color.org).</summary>
internal static class AnsiColor
{
    /// <summary>Bold text.</summary>
    public const string Bold = "\e[1m";

    /// <summary>Failures.</summary>
    public const string Red = "\e[31m";

    /// <summary>Success.</summary>
    public const string Green = "\e[32m";

    /// <summary>Warnings.</summary>
    public const string Yellow = "\e[33m";

    /// <summary>What still runs.</summary>
    public const string Cyan = "\e[36m";

    /// <summary>What waits, and details.</summary>
    public const string Grey = "\e[90m";

    private const string Reset = "\e[0m";

    /// <summary>Whether the user allows colours on a terminal.</summary>
    public static bool Allowed { get; } =
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>The word for a state or outcome: green when good, red when bad, yellow in between.</summary>
    public static string State<TEnum>(TEnum state)
        where TEnum : struct, Enum
    {
        var word = state.ToText();
        var color = word switch
        {
            "succeeded" => Green,
            "running" => Cyan,
            "pending" or "queued" or "released" => Grey,
            "paused" or "cancelled" => Yellow,
            _ => Red,
        };
        return Paint(word, color, OnOutput);
    }

    /// <summary>The word for the health of a finding.</summary>
    public static string Health(string health) => Paint(health, health switch { "good" => Green, "note" => Yellow, _ => Red }, OnOutput);

    /// <summary><paramref name="text"/> in a colour.</summary>
    public static string Paint(string text, string color, bool enabled) => enabled ? color + text + Reset : text;

    /// <summary>The number of characters of <paramref name="text"/> on the screen, without its colour codes.</summary>
    public static int Width(string text)
    {
        var width = text.Length;
        for (var start = text.IndexOf('\e', StringComparison.Ordinal); start >= 0; start = text.IndexOf('\e', start + 1))
            width -= text.IndexOf('m', start) - start + 1;
        return width;
    }

    /// <summary><paramref name="text"/> cut to a width on the screen. Colour codes stay whole.</summary>
    public static string Cut(string text, int width)
    {
        if (Width(text) <= width)
            return text;
        var cut = new System.Text.StringBuilder();
        for (var (at, shown) = (0, 0); at < text.Length; at++)
        {
            var end = text[at] == '\e' ? text.IndexOf('m', at) : at;
            if (end > at || shown++ < width - 1)
                cut.Append(text, at, end - at + 1);
            else if (shown == width)
                cut.Append('…');
            at = end;
        }

        return cut.ToString();
    }

    private static bool OnOutput { get; } = Allowed && !Console.IsOutputRedirected;
}
