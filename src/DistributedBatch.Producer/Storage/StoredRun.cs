using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Storage;

/// <summary>A run in the store, without its items and chunks.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Spec">The submitted spec. Of a list or table of items it holds only the size, see <see cref="WithoutItems"/>.</param>
/// <param name="DatasetKind">The kind of the dataset: <c>range</c>, <c>items</c>, <c>table</c> or <c>sweep</c>.</param>
/// <param name="Columns">Its column names; empty unless the items are rows.</param>
/// <param name="SubmittedAt">When the producer accepted it.</param>
/// <param name="State">Its state and counts.</param>
/// <param name="Announced">The last revision that was published. Newer ones are published again after a restart.</param>
internal sealed record StoredRun(
    RunId Id, RunSpec Spec, string DatasetKind, IReadOnlyList<string> Columns, DateTimeOffset SubmittedAt, LedgerState State, long Announced)
{
    /// <summary>Whether the store holds the items, in pages.</summary>
    public bool HasStoredItems => DatasetKind is "items" or "table";

    /// <summary>A newly accepted run.</summary>
    public static StoredRun New(RunId id, RunSpec spec, DateTimeOffset now, LedgerState state) => new(
        id, WithoutItems(spec), RunSummarySpec.From(spec).DatasetKind, [.. spec.Dataset.Columns], now, state, Announced: 0);

    /// <summary>The message that the producer accepted the run.</summary>
    public RunSubmitted ToSubmitted() => new(Id, SubmittedAt, RunSummarySpec.From(Spec) with { DatasetKind = DatasetKind });

    // Items may be many and long. In memory a run keeps only their number.
    private static RunSpec WithoutItems(RunSpec spec) =>
        spec.Dataset is ItemDataset or TableDataset ? spec with { Dataset = new RangeDataset(spec.Dataset.Total) } : spec;
}
