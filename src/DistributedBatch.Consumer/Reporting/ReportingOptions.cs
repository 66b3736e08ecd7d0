namespace DistributedBatch.Consumer.Reporting;

/// <summary>When heartbeats and reports are sent.</summary>
/// <param name="Heartbeat">Time between two heartbeats.</param>
/// <param name="Delay">How long a report may wait for others.</param>
/// <param name="UrgentDelay">The same when the slots run low, or when a report is about more work than <paramref name="Delay"/>.</param>
/// <param name="BatchSize">The most reports in one message.</param>
internal sealed record ReportingOptions(TimeSpan Heartbeat, TimeSpan Delay, TimeSpan UrgentDelay, int BatchSize);
