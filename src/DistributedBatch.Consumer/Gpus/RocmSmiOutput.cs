using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>
/// Parses the output of <c>rocm-smi --json</c>: one object with a member <c>card0</c>, <c>card1</c>, … for each card and <c>system</c> for the rest;
/// all values are text. The memory of a faulty card is missing or <c>N/A</c>. A faulty card is left out, and the others stay usable.
/// </summary>
/// <remarks>
/// The format is that of <c>python_smi_tools/rocm_smi.py</c> in ROCm/rocm_smi_lib (tags rocm-5.0.0 to rocm-6.2.0) and ROCm/rocm-systems (ROCm 7). The
/// name is <c>Card series</c> until 6.1 and <c>Card Series</c> later; <c>Node ID</c> exists since 6.2. Warnings may precede the object. Without a
/// driver there are only warnings.
/// </remarks>
public static class RocmSmiOutput
{
    private const string Unnamed = "AMD GPU";

    /// <summary>Arguments that print the input of <see cref="Cards"/>.</summary>
    public static readonly IReadOnlyList<string> Arguments = ["--showproductname", "--showuniqueid", "--showmeminfo", "vram", "--json"];

    /// <summary>Arguments that print the input of <see cref="Processes"/>.</summary>
    public static readonly IReadOnlyList<string> ProcessArguments = ["--showpids", "--json"];

    /// <summary>The healthy cards in <paramref name="text"/>, by index.</summary>
    /// <remarks>
    /// The index is HIP's. HIP numbers cards in the order of the kernel's nodes and rocm-smi in the order of the bus. The two differ on some machines
    /// (pytorch/pytorch#131901; the rule is in ROCm/rocm-systems#4406). HIP does not have a card without a node. When no card has a node, as before
    /// 6.2, the index is rocm-smi's number.
    /// </remarks>
    public static IReadOnlyList<GpuCard> Cards(string text)
    {
        var found = Numbered(FindObject(text, "card"), "card").OrderBy(card => card.Number).ToList();
        var nodes = found.Select(card => NumberOf(card.Value, "Node ID")).OfType<long>().Order().ToList();
        return [.. found.Select(card => Card(card.Value, nodes.Count == 0 ? card.Number : Rank(nodes, card.Value))).OfType<GpuCard>().OrderBy(card => card.Index)];
    }

    /// <summary>Processes that hold memory of cards. rocm-smi does not tell which cards, only how many.</summary>
    public static IReadOnlyList<GpuProcess> Processes(string text) =>
        FindObject(text, "system") is { } found && found.TryGetProperty("system", out var system)
            ? [.. Numbered(system, "PID").Select(process => Process(process.Number, process.Value.ToString())).OfType<GpuProcess>()]
            : [];

    private static GpuCard? Card(JsonElement card, int index) =>
        index >= 0 && NumberOf(card, "VRAM Total Memory (B)") is { } total and > 0 && NumberOf(card, "VRAM Total Used Memory (B)") is { } used
            ? new GpuCard(index, TextOf(card, "Card Series") ?? TextOf(card, "Card Model") ?? Unnamed, total, Math.Min(used, total), TextOf(card, "Unique ID") ?? "", GpuMaker.Amd)
            : null;

    // Name, number of cards, memory, transfers and occupancy, separated by commas. A name may hold commas.
    private static GpuProcess? Process(int process, string line)
    {
        var fields = line.Split(',', StringSplitOptions.TrimEntries);
        return fields.Length >= 5 && ParseNumber(fields[^3]) is { } held ? new GpuProcess(null, process, held) : null;
    }

    private static int Rank(List<long> nodes, JsonElement card) => NumberOf(card, "Node ID") is { } node ? nodes.IndexOf(node) : -1;

    // The first object with a member of that kind; the text before and after it is ignored.
    private static JsonElement? FindObject(string text, string kind)
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
                // A brace in a warning.
            }
        }

        return null;
    }

    private static IEnumerable<(int Number, JsonElement Value)> Numbered(JsonElement? container, string kind)
    {
        if (container is not { ValueKind: JsonValueKind.Object } members)
            yield break;
        foreach (var member in members.EnumerateObject())
        {
            if (member.Name.StartsWith(kind, StringComparison.Ordinal) && int.TryParse(member.Name.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                yield return (number, member.Value);
        }
    }

    private static string? TextOf(JsonElement card, string name)
    {
        if (card.ValueKind != JsonValueKind.Object)
            return null;
        var value = card.EnumerateObject().FirstOrDefault(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase)).Value;
        return value.ValueKind is JsonValueKind.String or JsonValueKind.Number && value.ToString().Trim() is { Length: > 0 } text and not ("N/A" or "None") ? text : null;
    }

    private static long? NumberOf(JsonElement card, string name) => TextOf(card, name) is { } text ? ParseNumber(text) : null;

    private static long? ParseNumber(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
