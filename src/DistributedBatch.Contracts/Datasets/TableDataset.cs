using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Datasets;

/// <summary>Rows with named columns: <c>--table FILE.csv</c>.</summary>
/// <param name="Header">Column names in order, unique.</param>
/// <param name="Rows">The rows, each as long as the header.</param>
public sealed record TableDataset(IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows) : Dataset
{
    /// <inheritdoc/>
    public override long Total => Rows.Count;

    /// <inheritdoc/>
    public override bool HasItems => true;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> Columns => Header;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ItemAt(long index) => Rows[checked((int)index)];
}
