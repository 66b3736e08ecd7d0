using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Output;

/// <summary>Colours for words on a terminal; plain words elsewhere, and where NO_COLOR is set (https://no-color.org).</summary>
internal static class AnsiColor
{
    private const string Reset = "\e[0m";

    /// <summary>Whether standard output shows colours.</summary>
    public static bool Enabled { get; } =
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>The word for a state or outcome: green when good, red when bad, yellow in between.</summary>
    public static string State<TEnum>(TEnum state)
        where TEnum : struct, Enum
    {
        var word = state.ToText();
        var code = word switch
        {
            "succeeded" => "\e[32m",
            "running" => "\e[36m",
            "pending" or "queued" or "released" => "\e[90m",
            "paused" or "cancelled" => "\e[33m",
            _ => "\e[31m",
        };
        return Enabled ? code + word + Reset : word;
    }

    /// <summary>The word for what the doctor thinks.</summary>
    public static string Health(string health) => !Enabled
        ? health
        : health switch { "good" => "\e[32m", "note" => "\e[33m", _ => "\e[31m" } + health + Reset;

    /// <summary>How many characters of <paramref name="text"/> are colour codes.</summary>
    public static int LengthOfCodes(string text)
    {
        var length = 0;
        for (var at = text.IndexOf('\e', StringComparison.Ordinal); at >= 0; at = text.IndexOf('\e', at + 1))
            length += text.IndexOf('m', at) - at + 1;
        return length;
    }
}
