using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Datasets;

/// <summary>Items that only have a number: <c>--total N [--first S]</c>.</summary>
public sealed record RangeDataset : Dataset
{
    /// <summary>Describes the items <c>[first, total)</c>.</summary>
    [JsonConstructor]
    public RangeDataset(long total, long first = 0)
    {
        Total = total;
        First = first;
    }

    /// <inheritdoc/>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public override long Total { get; }

    /// <inheritdoc/>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public override long First { get; }

    /// <inheritdoc/>
    public override bool HasItems => false;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ItemAt(long index) => [];
}
