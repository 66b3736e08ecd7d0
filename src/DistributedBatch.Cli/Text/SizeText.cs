using System.Buffers;
using System.Globalization;

namespace DistributedBatch.Cli.Text;

/// <summary>Reads and writes sizes: <c>512M</c>, <c>4G</c>, <c>1.5GiB</c> (powers of 1024), <c>4GB</c> (powers of 1000), or bytes without a unit.</summary>
internal static class SizeText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private const string Units = "KMGT";

    /// <summary>Reads a size in bytes; null when the text is not a size.</summary>
    public static long? Read(string text)
    {
        var trimmed = text.Trim();
        var digits = trimmed.AsSpan().IndexOfAnyExcept(NumberCharacters);
        var number = digits < 0 ? trimmed : trimmed[..digits];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            return null;
        var bytes = value * (FactorOf(digits < 0 ? "" : trimmed[digits..].Trim().ToUpperInvariant()) ?? -1);
        return bytes is >= 0 and < long.MaxValue ? (long)bytes : null;
    }

    /// <summary>A size for people, such as <c>3.2 GiB</c>.</summary>
    public static string Show(long bytes)
    {
        var value = (double)bytes;
        var unit = -1;
        for (; value >= 1024 && unit < Units.Length - 1; unit++)
            value /= 1024;
        return unit < 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}iB");
    }

    private static double? FactorOf(string unit)
    {
        if (unit is "" or "B")
            return 1;
        var power = Units.IndexOf(unit[0], StringComparison.Ordinal) + 1;
        return power == 0
            ? null
            : unit[1..] switch
            {
                "" or "IB" => Math.Pow(1024, power),
                "B" => Math.Pow(1000, power),
                _ => null,
            };
    }
}
