namespace DistributedBatch.Contracts.Datasets;

/// <summary>Items with a text each: the lines of a file (<c>--items</c>) or the paths of a pattern (<c>--glob</c>).</summary>
/// <param name="Items">The items in order; any text, newlines included.</param>
public sealed record ItemDataset(IReadOnlyList<string> Items) : Dataset
{
    /// <inheritdoc/>
    public override long Total => Items.Count;

    /// <inheritdoc/>
    public override bool HasItems => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ItemAt(long index) => [Items[checked((int)index)]];
}
