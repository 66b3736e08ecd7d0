using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Datasets;

/// <summary>The items of a run, numbered from 0. A closed family; how items were found (a glob, a file) is the client's business.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RangeDataset), "range")]
[JsonDerivedType(typeof(ItemDataset), "items")]
[JsonDerivedType(typeof(TableDataset), "table")]
[JsonDerivedType(typeof(SweepDataset), "sweep")]
public abstract record Dataset
{
    private protected Dataset()
    {
    }

    /// <summary>Number of items; chunks end here.</summary>
    [JsonIgnore]
    public abstract long Total { get; }

    /// <summary>Index of the first item to process; at most <see cref="Total"/>, and equal to it for a run that is already finished.</summary>
    [JsonIgnore]
    public virtual long First => 0;

    /// <summary>Column names that <c>{column}</c> may name; empty unless the items are rows.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<string> Columns => [];

    /// <summary>Whether items have a text, so that <c>{item}</c> and <c>{items}</c> mean something.</summary>
    [JsonIgnore]
    public abstract bool HasItems { get; }

    /// <summary>
    /// The values of item <paramref name="index"/>: one per column for rows, the item alone otherwise, nothing for a range.
    /// </summary>
    public abstract IReadOnlyList<string> ItemAt(long index);
}
