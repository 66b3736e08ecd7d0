using System.Diagnostics;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// The producer's part of a run's trace: <c>submit</c>, and <c>feed</c> for each chunk. A run is one trace, or a part of its user's trace. Of a run
/// with very many chunks only every n-th is recorded, because no screen shows a million lines; the others pass the context on.
/// </summary>
internal static class RunTrace
{
    /// <summary>About how many chunks of a run are recorded.</summary>
    public const int MaxRecorded = 1000;

    private static readonly ActivitySource Source = new("DistributedBatch.Producer");

    /// <summary>The acceptance of a run; null while nobody listens.</summary>
    public static Activity? Submit(RunSpec spec)
    {
        var trace = spec.TraceParent is { } parent
            ? Source.StartActivity("submit", ActivityKind.Server, parent)
            : Source.StartActivity("submit", ActivityKind.Server);
        return trace?.SetTag("dbatch.run.name", spec.Name).SetTag("dbatch.items", spec.Dataset.Total - spec.Dataset.First);
    }

    /// <summary>The dispatch of a chunk; null while nobody listens, and for chunks that are not recorded.</summary>
    public static Activity? Dispatch(ActiveRun run, DispatchedChunk dispatched) =>
        run.Spec.TraceParent is { } parent && Source.HasListeners() && IsRecorded(dispatched.Chunk.Index, run.Ledger.Counts.Total)
            ? Source.StartActivity("feed", ActivityKind.Producer, parent)?
                .SetTag("dbatch.run", run.Id.Value).SetTag("dbatch.chunk", dispatched.Chunk.Index).SetTag("dbatch.attempt", dispatched.Attempt)
            : null;

    /// <summary>The context that a chunk carries.</summary>
    public static string? ContextOf(Activity? dispatch, RunSpec spec) => dispatch?.Id
        ?? (spec.TraceParent is { Length: > 2 } parent && Source.HasListeners() ? WithoutSampling(parent) : spec.TraceParent);

    private static string WithoutSampling(string parent) => string.Concat(parent.AsSpan(0, parent.Length - 2), "00");

    private static bool IsRecorded(int index, int total) => index % Math.Max(1, (total + MaxRecorded - 1) / MaxRecorded) == 0;
}
