using System.Text;
using System.Text.Json.Nodes;

namespace DistributedBatch.Specs.Access;

/// <summary>Makes broken documents out of whole ones: values that are missing, null, huge, negative or of another kind, and text that breaks off.</summary>
/// <param name="random">Chooses; the same seed makes the same documents.</param>
internal sealed class JsonMutator(Random random)
{
    private static readonly string[] Values =
    [
        "null", "-1", "0", "59999999", "2147483647", "-2147483648", "9223372036854775807", "1e308", "0.5", "true", "\"\"", "\"x\"", "[]", "{}", "[null]", "{\"a\":null}",
        "\"9999-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00Z\"", "\"10675199.02:48:05\"", "\"-00:00:01\"", "\"\\u202Egpj\"", "\"\\u0000\"", "\"LONE\"", "[[[[[[]]]]]]",
    ];

    /// <summary>A broken version of <paramref name="whole"/>, as bytes.</summary>
    public byte[] Broken(string whole)
    {
        var document = JsonNode.Parse(whole)!;
        for (var count = random.Next(1, 4); count > 0; count--)
            Change(document);

        // Half of a pair, which this process cannot write itself.
        var text = Encoding.UTF8.GetBytes(document.ToJsonString().Replace("LONE", "\\uD800", StringComparison.Ordinal));
        return random.Next(20) switch
        {
            0 => text[..random.Next(text.Length)],
            1 => [.. text, .. "]}"u8],
            2 => Noise(text),
            _ => text,
        };
    }

    private byte[] Noise(byte[] text)
    {
        for (var count = random.Next(1, 8); count > 0; count--)
            text[random.Next(text.Length)] = (byte)random.Next(256);
        return text;
    }

    private void Change(JsonNode document)
    {
        var places = Places(document).ToList();
        if (places.Count == 0)
            return;
        var (parent, key, index) = places[random.Next(places.Count)];
        var value = Values[random.Next(Values.Length)] is var chosen && chosen == "\"x\"" && random.Next(4) == 0
            ? JsonValue.Create(new string('x', 300_000))
            : JsonNode.Parse(chosen);
        if (parent is JsonObject owner && random.Next(4) == 0)
            owner.Remove(key!);
        else if (parent is JsonObject changed)
            changed[key!] = value;
        else
            parent.AsArray()[index] = value;
    }

    private static IEnumerable<(JsonNode Parent, string? Key, int Index)> Places(JsonNode node) => node switch
    {
        JsonObject properties => properties.SelectMany(pair => Below(pair.Value).Prepend((properties, pair.Key, 0))),
        JsonArray list => list.SelectMany((entry, index) => Below(entry).Prepend((list, null, index))),
        _ => [],
    };

    private static IEnumerable<(JsonNode Parent, string? Key, int Index)> Below(JsonNode? node) => node is null ? [] : Places(node);
}
