using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Storage;

/// <summary>A run as the store keeps it, apart from its items and chunks.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Spec">What was asked for; a list or table of items has only its size here, see <see cref="WithoutItems"/>.</param>
/// <param name="DatasetKind">What the dataset was: <c>range</c>, <c>items</c>, <c>table</c> or <c>sweep</c>.</param>
/// <param name="Columns">Its column names; empty unless the items are rows.</param>
/// <param name="SubmittedAt">When it was accepted.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Announced">The last revision that was published; what is newer is published again after a restart.</param>
internal sealed record StoredRun(
    RunId Id, RunSpec Spec, string DatasetKind, IReadOnlyList<string> Columns, DateTimeOffset SubmittedAt, LedgerState State, long Announced)
{
    /// <summary>Whether the items are read from the store, page by page.</summary>
    public bool HasStoredItems => DatasetKind is "items" or "table";

    /// <summary>A run that was just accepted.</summary>
    public static StoredRun New(RunId id, RunSpec spec, DateTimeOffset now, LedgerState state) => new(
        id, WithoutItems(spec), RunSummarySpec.From(spec).DatasetKind, [.. spec.Dataset.Columns], now, state, Announced: 0);

    /// <summary>The fact that it was accepted.</summary>
    public RunSubmitted ToSubmitted() => new(Id, SubmittedAt, RunSummarySpec.From(Spec) with { DatasetKind = DatasetKind });

    // Items may be many and long; in memory a run keeps only how many there are.
    private static RunSpec WithoutItems(RunSpec spec) =>
        spec.Dataset is ItemDataset or TableDataset ? spec with { Dataset = new RangeDataset(spec.Dataset.Total) } : spec;
}
