namespace DistributedBatch.Tracker.Metrics;

/// <summary>A row of the published table of metrics.</summary>
/// <param name="Name">The name of the instrument.</param>
/// <param name="Kind"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Unit">The unit in UCUM notation: <c>s</c> for seconds, <c>{row}</c> for a number of rows.</param>
/// <param name="Labels">The names of the labels.</param>
/// <param name="Meaning">What the metric measures.</param>
internal sealed record Metric(string Name, string Kind, string Unit, IReadOnlyList<string> Labels, string Meaning);
