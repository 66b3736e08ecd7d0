using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>A <see cref="RunSpec"/> for messages and screens: the size of the dataset in place of its items, and no values of secrets.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="DatasetKind"><c>range</c>, <c>items</c>, <c>table</c> or <c>sweep</c>.</param>
/// <param name="First">First item.</param>
/// <param name="Total">Number of items.</param>
/// <param name="ChunkSize">Items per chunk, null for automatic.</param>
/// <param name="Job">What is run.</param>
/// <param name="Retries">See <see cref="RunSpec.Retries"/>.</param>
/// <param name="Weight">See <see cref="RunSpec.Weight"/>.</param>
/// <param name="Priority">See <see cref="RunSpec.Priority"/>.</param>
public sealed record RunSummarySpec(
    string Name, string DatasetKind, long First, long Total, long? ChunkSize, JobSpec Job, int Retries, int Weight, int Priority)
{
    /// <summary>Stands in the place of a secret.</summary>
    public const string HiddenValue = "(secret)";

    /// <summary>See <see cref="RunSpec.Notify"/>.</summary>
    public Uri? Notify { get; init; }

    /// <summary>See <see cref="RunSpec.NotifyFailures"/>.</summary>
    public int NotifyFailures { get; init; } = 1;

    /// <summary>See <see cref="RunSpec.Submitter"/>.</summary>
    public string? Submitter { get; init; }

    /// <summary>The summary of <paramref name="spec"/>.</summary>
    public static RunSummarySpec From(RunSpec spec) => new(
        spec.Name,
        spec.Dataset switch
        {
            Datasets.RangeDataset => "range",
            Datasets.ItemDataset => "items",
            Datasets.TableDataset => "table",
            _ => "sweep",
        },
        spec.Dataset.First,
        spec.Dataset.Total,
        spec.ChunkSize,
        spec.Job with { Secrets = spec.Job.Secrets?.Keys.ToDictionary(name => name, _ => HiddenValue, StringComparer.Ordinal) },
        spec.Retries,
        spec.Weight,
        spec.Priority)
    {
        Notify = spec.Notify,
        NotifyFailures = spec.NotifyFailures,
        Submitter = spec.Submitter,
    };
}
