using System.Globalization;
using System.Numerics;
using DistributedBatch.Cli.Text;
using DistributedBatch.Consumer.Slots;

namespace DistributedBatch.Cli.Settings;

/// <summary>Reads typed values from merged settings. An invalid value becomes a sentence, and its default is used so that reading continues.</summary>
internal sealed class SettingReader(IReadOnlyDictionary<string, SettingValue> settings, List<string> mistakes)
{
    private static readonly TimeSpan Century = TimeSpan.FromDays(36_500);

    /// <summary>The value of <paramref name="key"/>, or null when no layer has it.</summary>
    public SettingValue? Value(string key) => settings.GetValueOrDefault(key);

    /// <summary>A text.</summary>
    public string? Text(string key) => Value(key)?.Text;

    /// <summary>The words of a command; empty when no layer has it.</summary>
    public IReadOnlyList<string> Words(string key) => Value(key) is { } value ? Words(value, mistakes) : [];

    /// <summary>The words of a command: those of a list, or of one text that is split as in a shell.</summary>
    public static IReadOnlyList<string> Words(SettingValue value, List<string> mistakes)
    {
        if (value is not { IsList: false, Texts: [_] })
            return value.Texts;
        try
        {
            return CommandText.Words(value.Text);
        }
        catch (FormatException failure)
        {
            mistakes.Add($"{value.Origin}: {failure.Message}.");
            return [];
        }
    }

    /// <summary>A whole number of at least <paramref name="minimum"/>.</summary>
    public T? Number<T>(string key, T minimum)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        if (Value(key) is not { } value)
            return null;
        if (!T.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            mistakes.Add(BigInteger.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                ? $"{value.Origin} is {value.Text}; it must be {minimum} to {T.MaxValue}."
                : $"{value.Origin} must be a whole number, not '{value.Text}'.");
        }
        else if (number < minimum)
            mistakes.Add($"{value.Origin} is {number}; it must be at least {minimum}.");
        else
            return number;
        return null;
    }

    /// <summary>A whole number of at least 1, or null for the word <c>auto</c>.</summary>
    /// <param name="key">The setting.</param>
    /// <param name="fallback">The result without a value.</param>
    public long? NumberOrAuto(string key, long? fallback)
    {
        if (Value(key) is not { } value)
            return fallback;
        if (value.Text == "auto")
            return null;
        if (!long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            mistakes.Add($"{value.Origin} must be a whole number or auto, not '{value.Text}'.");
        else if (number < 1)
            mistakes.Add($"{value.Origin} is {number}; it must be at least 1, or auto.");
        else
            return number;
        return fallback;
    }

    /// <summary>The number of slots, or null to find it by measuring.</summary>
    public int? Slots()
    {
        var slots = NumberOrAuto("slots", fallback: null);
        if (slots > SlotNumbers.Most)
            mistakes.Add($"{Value("slots")!.Origin} is {slots}; one machine has at most {SlotNumbers.Most} slots.");
        return slots > SlotNumbers.Most ? null : (int?)slots;
    }

    /// <summary>A number of at least 0, with or without decimals. The caller has handled the word <c>auto</c>.</summary>
    public double? Fraction(string key)
    {
        if (Value(key) is not { } value)
            return null;
        if (double.TryParse(value.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return number;
        mistakes.Add($"{value.Origin} must be a number of at least 0, or auto, not '{value.Text}'.");
        return null;
    }

    /// <summary>A duration.</summary>
    /// <param name="key">The setting.</param>
    /// <param name="longest">The longest valid one; by default a century, which every date can bear.</param>
    public TimeSpan? Duration(string key, TimeSpan? longest = null)
    {
        if (Value(key) is not { } value)
            return null;
        if (DurationText.Read(value.Text) is not { } duration)
            mistakes.Add($"{value.Origin} must be a duration such as 90s, 5m or 1h30m, not '{value.Text}'.");
        else if (duration > (longest ?? Century))
            mistakes.Add($"{value.Origin} is {value.Text}; it may be at most {(longest ?? Century).TotalDays:0} days.");
        else
            return duration;
        return null;
    }

    /// <summary>A size in bytes.</summary>
    public long? Size(string key)
    {
        if (Value(key) is not { } value)
            return null;
        if (SizeText.Read(value.Text) is { } size and > 0)
            return size;
        mistakes.Add($"{value.Origin} must be a size such as 512M or 4G, not '{value.Text}'.");
        return null;
    }

    /// <summary>One of a few words.</summary>
    public TEnum? Word<TEnum>(string key)
        where TEnum : struct, Enum
    {
        if (Value(key) is not { } value)
            return null;
        if (EnumText.Parse<TEnum>(value.Text) is { } word)
            return word;
        mistakes.Add($"{value.Origin} must be one of {string.Join(", ", Enum.GetValues<TEnum>().Select(EnumText.ToText))}, not '{value.Text}'.");
        return null;
    }

    /// <summary>Pairs written as <c>K=V</c>; the last pair of a key wins.</summary>
    public IReadOnlyDictionary<string, string> Pairs(string key)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in Value(key)?.Texts ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                pairs[text[..equals]] = text[(equals + 1)..];
            else
                mistakes.Add($"{Value(key)!.Origin}: '{text}' is not a variable; write NAME=VALUE.");
        }

        return pairs;
    }
}
