using System.Text.Json;
using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Producer.Storage;

/// <summary>Consecutive items as one value in the store: large enough that a read needs few pages, small enough to hold some in memory.</summary>
/// <param name="First">The number of its first item.</param>
/// <param name="Count">The number of its items.</param>
/// <param name="Json">The values, an array for each item.</param>
internal readonly record struct ItemPage(long First, int Count, byte[] Json)
{
    /// <summary>The most items in a page.</summary>
    public const int MaxItems = 1000;

    /// <summary>A page ends with the item that makes it at least this long.</summary>
    public const int FullBytes = 256 * 1024;

    /// <summary>The pages of a list or table; none for other datasets.</summary>
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

    /// <summary>The values of the items in this page, from <paramref name="start"/> on, at most <paramref name="count"/>.</summary>
    public IEnumerable<IReadOnlyList<string>> Within(long start, long count) => Items().Skip((int)Math.Max(0, start - First)).Take((int)count);

    private static ItemPage From(Dataset dataset, long first)
    {
        using var buffer = new MemoryStream();
        using var writer = new Utf8JsonWriter(buffer);
        var count = 0;
        writer.WriteStartArray();
        while (count < MaxItems && first + count < dataset.Total && writer.BytesCommitted + writer.BytesPending < FullBytes)
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
