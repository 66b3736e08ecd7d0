using System.Text.Json;

namespace DistributedBatch.Contracts.Text;

/// <summary>The one spelling of every enum value outside C#: kebab-case, as in <c>exit-code</c>.</summary>
public static class EnumText
{
    /// <summary>The word for <paramref name="value"/>, for instance <c>host-lost</c>.</summary>
    public static string ToText<TEnum>(this TEnum value)
        where TEnum : struct, Enum => Table<TEnum>.Words[value];

    /// <summary>The value whose word is <paramref name="word"/>, or null when there is none.</summary>
    public static TEnum? Parse<TEnum>(string word)
        where TEnum : struct, Enum => Table<TEnum>.Values.TryGetValue(word, out var value) ? value : null;

    private static class Table<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly Dictionary<TEnum, string> Words =
            Enum.GetValues<TEnum>().ToDictionary(value => value, value => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()));

        public static readonly Dictionary<string, TEnum> Values = Words.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
