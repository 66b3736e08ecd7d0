namespace DistributedBatch.Tracker.Metrics;

/// <summary>One line of the published table of metrics.</summary>
/// <param name="Name">Name of the instrument.</param>
/// <param name="Kind"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Unit">Unit as UCUM writes it; <c>s</c> for seconds, <c>{row}</c> for a count of something.</param>
/// <param name="Labels">Names of the labels.</param>
/// <param name="Meaning">What it counts.</param>
internal sealed record Metric(string Name, string Kind, string Unit, IReadOnlyList<string> Labels, string Meaning);
