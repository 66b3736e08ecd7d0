using System.Diagnostics;
using DistributedBatch.Consumer.Slots;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>
/// A host's part of a run's trace: <c>deliver</c> from the arrival of a chunk until its slot is free again, in it <c>attempt</c>, which the program continues
/// by <c>TRACEPARENT</c>, and <c>report</c> until the report is confirmed.
/// </summary>
internal static class AttemptTrace
{
    private static readonly ActivitySource Source = new("DistributedBatch.Consumer");

    /// <summary>The arrival of a chunk; null while nobody listens.</summary>
    public static Activity? Deliver(ActiveAttempt attempt, string host) => attempt.Chunk.TraceParent is { } parent
        ? Tag(Source.StartActivity("deliver", ActivityKind.Consumer, parent), attempt)?.SetTag("dbatch.host", host).SetTag("dbatch.slot", attempt.Slot)
        : null;

    /// <summary>The execution of an attempt, within <see cref="Deliver"/>.</summary>
    public static Activity? Attempt(ActiveAttempt attempt) => Tag(StartWithin("attempt"), attempt);

    /// <summary>The report on an attempt, within <see cref="Deliver"/>. It ends on another thread, so it is nobody's surroundings.</summary>
    public static Activity? Report()
    {
        var around = Activity.Current;
        var report = StartWithin("report");
        Activity.Current = around;
        return report;
    }

    // Without a delivery around it there is nothing to be a part of; a trace of its own would say nothing.
    private static Activity? StartWithin(string name) => Activity.Current is { } around && around.Source == Source ? Source.StartActivity(name) : null;

    private static Activity? Tag(Activity? activity, ActiveAttempt attempt) => activity?
        .SetTag("dbatch.run", attempt.Chunk.Run.Value).SetTag("dbatch.chunk", attempt.Chunk.Index).SetTag("dbatch.attempt", attempt.Number);
}
