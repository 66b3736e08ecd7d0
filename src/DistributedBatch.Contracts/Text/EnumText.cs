using System.Text.Json;

namespace DistributedBatch.Contracts.Text;

/// <summary>Spelling of enum values in JSON, SQL and on screens: kebab-case, as in <c>exit-code</c>.</summary>
public static class EnumText
{
    /// <summary>The text of <paramref name="value"/>, for instance <c>host-lost</c>.</summary>
    public static string ToText<TEnum>(this TEnum value)
        where TEnum : struct, Enum => Table<TEnum>.Words[value];

    /// <summary>The value with the text <paramref name="text"/>; null when there is none.</summary>
    public static TEnum? Parse<TEnum>(string text)
        where TEnum : struct, Enum => Table<TEnum>.Values.TryGetValue(text, out var value) ? value : null;

    private static class Table<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly Dictionary<TEnum, string> Words =
            Enum.GetValues<TEnum>().ToDictionary(value => value, value => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()));

        public static readonly Dictionary<string, TEnum> Values = Words.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
