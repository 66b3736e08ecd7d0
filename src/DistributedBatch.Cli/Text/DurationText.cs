using System.Buffers;
using System.Globalization;

namespace DistributedBatch.Cli.Text;

/// <summary>Reads and writes durations such as <c>250ms</c>, <c>10s</c>, <c>5m</c>, <c>1h30m</c>, <c>1.5h</c>, <c>2d</c>.</summary>
internal static class DurationText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Reads a duration; null when the text is not one. A number without a unit is not a duration, because 60 may mean minutes to its writer.</summary>
    public static TimeSpan? Read(string text)
    {
        var rest = text.AsSpan().Trim();
        if (rest.SequenceEqual("0"))
            return TimeSpan.Zero;
        if (rest.IsEmpty)
            return null;
        var seconds = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            rest = rest[digits..];
            var letters = rest.IndexOfAny(NumberCharacters);
            var unit = letters < 0 ? rest : rest[..letters];
            if (SecondsIn(unit) is not { } size)
                return null;
            seconds += number * size;
            rest = rest[unit.Length..];
        }

        return seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>A duration for people, with two units at most: <c>250 ms</c>, <c>3.2 s</c>, <c>2 min 5 s</c>, <c>1 h 30 min</c>.</summary>
    public static string Show(TimeSpan time) => time switch
    {
        { Ticks: < 0 } => "0 s",
        { TotalSeconds: < 0.9995 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 9.95 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalSeconds: < 59.5 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } => Pair((int)time.TotalMinutes, "min", time.Seconds, "s"),
        { TotalHours: < 48 } => Pair((int)time.TotalHours, "h", time.Minutes, "min"),
        _ => Pair((int)time.TotalDays, "d", time.Hours, "h"),
    };

    /// <summary>A duration in round numbers, for estimates and ages: <c>42 s</c>, <c>9 min</c>, <c>3 h 20 min</c>, <c>12 d</c>.</summary>
    public static string Round(TimeSpan time) => time switch
    {
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Round(time.TotalSeconds)):0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalMinutes):0} min"),
        { TotalHours: < 10 } => Tens(time),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalHours):0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalDays):0} d"),
    };

    private static string Tens(TimeSpan time)
    {
        var minutes = (int)Math.Round(time.TotalMinutes / 10) * 10;
        return Pair(minutes / 60, "h", minutes % 60, "min");
    }

    private static string Pair(int first, string unit, int second, string smaller) =>
        string.Create(CultureInfo.InvariantCulture, $"{first} {unit}{(second == 0 ? "" : $" {second} {smaller}")}");

    private static double? SecondsIn(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => 0.001,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => null,
    };
}
