using System.Text.Json;
using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Producer.Storage;

/// <summary>Some items in a row, as one value in the store: large enough to read few of them, small enough to hold a few in memory.</summary>
/// <param name="First">Number of its first item.</param>
/// <param name="Count">How many items it has.</param>
/// <param name="Json">Their values, an array per item.</param>
internal readonly record struct ItemPage(long First, int Count, byte[] Json)
{
    /// <summary>A page has no more items than this.</summary>
    public const int MostItems = 1000;

    /// <summary>A page ends with the item that makes it longer than this.</summary>
    public const int LongEnoughBytes = 256 * 1024;

    /// <summary>The pages of a dataset; none unless its items are a list or a table.</summary>
    public static IEnumerable<ItemPage> Of(Dataset dataset)
    {
        if (dataset is not (ItemDataset or TableDataset))
            yield break;
        for (var first = 0L; first < dataset.Total;)
        {
            var page = From(dataset, first);
            yield return page;
            first += page.Count;
        }
    }

    /// <summary>The values of its items.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Items()
    {
        using var document = JsonDocument.Parse(Json);
        return [.. document.RootElement.EnumerateArray().Select(item => (IReadOnlyList<string>)[.. item.EnumerateArray().Select(value => value.GetString()!)])];
    }

    /// <summary>The values of its items among <paramref name="count"/> items that start at <paramref name="start"/>, or earlier in the case of a later page.</summary>
    public IEnumerable<IReadOnlyList<string>> Within(long start, long count) => Items().Skip((int)Math.Max(0, start - First)).Take((int)count);

    private static ItemPage From(Dataset dataset, long first)
    {
        using var buffer = new MemoryStream();
        using var writer = new Utf8JsonWriter(buffer);
        var count = 0;
        writer.WriteStartArray();
        while (count < MostItems && first + count < dataset.Total && writer.BytesCommitted + writer.BytesPending < LongEnoughBytes)
        {
            writer.WriteStartArray();
            foreach (var value in dataset.ItemAt(first + count))
                writer.WriteStringValue(value);
            writer.WriteEndArray();
            count++;
        }

        writer.WriteEndArray();
        writer.Flush();
        return new ItemPage(first, count, buffer.ToArray());
    }
}
