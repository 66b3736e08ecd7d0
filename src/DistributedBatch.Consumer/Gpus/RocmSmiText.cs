using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// Reads what <c>rocm-smi --json</c> prints: one object with a member <c>card0</c>, <c>card1</c>, … for each card and <c>system</c> for what belongs to none; all
/// values are text. Where a card is ill its memory is missing or <c>N/A</c>; such a card is left out, and the others stay usable.
/// </summary>
/// <remarks>
/// As <c>python_smi_tools/rocm_smi.py</c> writes it in ROCm/rocm_smi_lib (tags rocm-5.0.0 to rocm-6.2.0) and in ROCm/rocm-systems (ROCm 7). The name is
/// <c>Card series</c> until 6.1 and <c>Card Series</c> later; <c>Node ID</c> is there since 6.2. Complaints may stand before the object, and without a driver
/// there is nothing else.
/// </remarks>
public static class RocmSmiText
{
    private const string Unnamed = "AMD GPU";

    /// <summary>The query whose answer <see cref="Cards"/> reads.</summary>
    public static readonly IReadOnlyList<string> Arguments = ["--showproductname", "--showuniqueid", "--showmeminfo", "vram", "--json"];

    /// <summary>The query whose answer <see cref="Processes"/> reads.</summary>
    public static readonly IReadOnlyList<string> ProcessArguments = ["--showpids", "--json"];

    /// <summary>The healthy cards in <paramref name="text"/>, by index.</summary>
    /// <remarks>
    /// The index is HIP's. HIP counts cards in the order of the kernel's nodes and rocm-smi in that of the bus, which differ on some machines
    /// (pytorch/pytorch#131901; the rule is in ROCm/rocm-systems#4406). A card without a node is one that HIP does not have. Where no card has a node, as before
    /// 6.2, rocm-smi's number has to do.
    /// </remarks>
    public static IReadOnlyList<GpuCard> Cards(string text)
    {
        var seen = Numbered(Answer(text, "card"), "card").OrderBy(card => card.Number).ToList();
        var nodes = seen.Select(card => Number(card.Value, "Node ID")).OfType<long>().Order().ToList();
        return [.. seen.Select(card => Card(card.Value, nodes.Count == 0 ? card.Number : Rank(nodes, card.Value))).OfType<GpuCard>().OrderBy(card => card.Index)];
    }

    /// <summary>Who holds how much memory, as far as <paramref name="text"/> tells. Of which cards is not told, only of how many.</summary>
    public static IReadOnlyList<GpuProcess> Processes(string text) =>
        Answer(text, "system") is { } answer && answer.TryGetProperty("system", out var system)
            ? [.. Numbered(system, "PID").Select(process => Process(process.Number, process.Value.ToString())).OfType<GpuProcess>()]
            : [];

    private static GpuCard? Card(JsonElement card, int index) =>
        index >= 0 && Number(card, "VRAM Total Memory (B)") is { } total and > 0 && Number(card, "VRAM Total Used Memory (B)") is { } used
            ? new GpuCard(index, Told(card, "Card Series") ?? Told(card, "Card Model") ?? Unnamed, total, Math.Min(used, total), Told(card, "Unique ID") ?? "", GpuMaker.Amd)
            : null;

    // Name, number of cards, memory, transfers and occupancy, with commas between; a name may hold commas of its own.
    private static GpuProcess? Process(int process, string line)
    {
        var fields = line.Split(',', StringSplitOptions.TrimEntries);
        return fields.Length >= 5 && Whole(fields[^3]) is { } held ? new GpuProcess(null, process, held) : null;
    }

    private static int Rank(List<long> nodes, JsonElement card) => Number(card, "Node ID") is { } node ? nodes.IndexOf(node) : -1;

    // The first object with a member of that kind; whatever stands before or behind it is no answer.
    private static JsonElement? Answer(string text, string kind)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var start = Array.IndexOf(bytes, (byte)'{'); start >= 0; start = Array.IndexOf(bytes, (byte)'{', start + 1))
        {
            try
            {
                var reader = new Utf8JsonReader(bytes.AsSpan(start));
                var value = JsonElement.ParseValue(ref reader);
                if (value.EnumerateObject().Any(member => member.Name.StartsWith(kind, StringComparison.Ordinal)))
                    return value;
            }
            catch (JsonException)
            {
                // A brace in a complaint.
            }
        }

        return null;
    }

    private static IEnumerable<(int Number, JsonElement Value)> Numbered(JsonElement? answer, string kind)
    {
        if (answer is not { ValueKind: JsonValueKind.Object } members)
            yield break;
        foreach (var member in members.EnumerateObject())
        {
            if (member.Name.StartsWith(kind, StringComparison.Ordinal) && int.TryParse(member.Name.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                yield return (number, member.Value);
        }
    }

    private static string? Told(JsonElement card, string name)
    {
        if (card.ValueKind != JsonValueKind.Object)
            return null;
        var value = card.EnumerateObject().FirstOrDefault(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase)).Value;
        return value.ValueKind is JsonValueKind.String or JsonValueKind.Number && value.ToString().Trim() is { Length: > 0 } told and not ("N/A" or "None") ? told : null;
    }

    private static long? Number(JsonElement card, string name) => Told(card, name) is { } told ? Whole(told) : null;

    private static long? Whole(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
