using System.Diagnostics;
using DistributedBatch.Consumer.Attempts;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>
/// A host's spans in the trace of a run. <c>deliver</c> lasts from the arrival of a chunk until its slot is free again. Inside are <c>attempt</c>,
/// which the program continues by <c>TRACEPARENT</c>, and <c>report</c>, which lasts until the report is confirmed.
/// </summary>
internal static class AttemptTrace
{
    private static readonly ActivitySource Source = new("DistributedBatch.Consumer");

    /// <summary>The span of a delivery; null when nobody records traces.</summary>
    public static Activity? Deliver(ActiveAttempt attempt) => attempt.Chunk.TraceParent is { } parent
        ? Tag(Source.StartActivity("deliver", ActivityKind.Consumer, parent), attempt)?.SetTag("dbatch.host", attempt.Host).SetTag("dbatch.slot", attempt.Slot)
        : null;

    /// <summary>The span of an execution, inside <see cref="Deliver"/>.</summary>
    public static Activity? Attempt(ActiveAttempt attempt) => Tag(StartInside("attempt"), attempt);

    /// <summary>The span of a report, inside <see cref="Deliver"/>. It ends on another thread, so it does not become the current activity.</summary>
    public static Activity? Report()
    {
        var current = Activity.Current;
        var report = StartInside("report");
        Activity.Current = current;
        return report;
    }

    // Without a delivery around it the span would be a trace of its own, which helps nobody.
    private static Activity? StartInside(string name) => Activity.Current is { } current && current.Source == Source ? Source.StartActivity(name) : null;

    private static Activity? Tag(Activity? activity, ActiveAttempt attempt) => activity?
        .SetTag("dbatch.run", attempt.Chunk.Run.Value).SetTag("dbatch.chunk", attempt.Chunk.Index).SetTag("dbatch.attempt", attempt.Number);
}
