using System.Text.Json;
using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Producer.Planning;

/// <summary>How large chunks become on the wire. Pure.</summary>
internal static class ChunkBytes
{
    // Quotes, brackets and a comma around a value.
    private const int PerValue = 5;

    // JSON writes a control character as six bytes.
    private const int MostPerCharacter = 6;

    /// <summary>
    /// The first chunk whose items alone are larger than <paramref name="limit"/>, with their bytes. Null when there is none, and when sizes are automatic: then a chunk is
    /// checked when it is published.
    /// </summary>
    public static (long Index, long Bytes)? FirstOver(long limit, Dataset dataset, long? chunkSize)
    {
        if (chunkSize is not > 0 || dataset is not (ItemDataset or TableDataset) || IsPlainlyBelow(limit, dataset, chunkSize.Value))
            return null;
        for (long start = dataset.First, index = 0; start < dataset.Total; start += chunkSize.Value, index++)
        {
            var bytes = 0L;
            for (var item = start; item < Math.Min(dataset.Total, start + chunkSize.Value); item++)
                bytes += dataset.ItemAt(item).Sum(value => (long)JsonEncodedText.Encode(value).EncodedUtf8Bytes.Length + PerValue);
            if (bytes > limit)
                return (index, bytes);
        }

        return null;
    }

    private static bool IsPlainlyBelow(long limit, Dataset dataset, long chunkSize)
    {
        var longest = 0L;
        for (var item = dataset.First; item < dataset.Total; item++)
            longest = Math.Max(longest, dataset.ItemAt(item).Sum(value => ((long)value.Length * MostPerCharacter) + PerValue));
        return longest * Math.Min(chunkSize, dataset.Total) <= limit;
    }
}
