using System.Diagnostics;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// The producer's part of a run's trace: <c>submit</c>, and <c>feed</c> for each chunk. A run is one trace, or a part of the one its user was in. Of a run
/// with very many chunks every so many are recorded, because no screen shows a million lines; the others hand their context on all the same.
/// </summary>
internal static class RunTrace
{
    /// <summary>Chunks of a run that are recorded, about.</summary>
    public const int MostRecorded = 1000;

    private static readonly ActivitySource Source = new("DistributedBatch.Producer");

    /// <summary>The acceptance of a run; null while nobody listens.</summary>
    public static Activity? Submit(RunSpec spec)
    {
        var trace = spec.TraceParent is { } parent
            ? Source.StartActivity("submit", ActivityKind.Server, parent)
            : Source.StartActivity("submit", ActivityKind.Server);
        return trace?.SetTag("dbatch.run.name", spec.Name).SetTag("dbatch.items", spec.Dataset.Total - spec.Dataset.First);
    }

    /// <summary>The feed of a chunk; null while nobody listens, and for chunks that are not recorded.</summary>
    public static Activity? Feed(ActiveRun run, DispatchedChunk feed) =>
        run.Stored.Spec.TraceParent is { } parent && Source.HasListeners() && IsRecorded(feed.Chunk.Index, run.Ledger.Counts.Total)
            ? Source.StartActivity("feed", ActivityKind.Producer, parent)?
                .SetTag("dbatch.run", run.Id.Value).SetTag("dbatch.chunk", feed.Chunk.Index).SetTag("dbatch.attempt", feed.Attempt)
            : null;

    /// <summary>The context a chunk travels with.</summary>
    public static string? ContextOf(Activity? feed, RunSpec spec) => feed?.Id
        ?? (spec.TraceParent is { Length: > 2 } parent && Source.HasListeners() ? string.Concat(parent.AsSpan(0, parent.Length - 2), "00") : spec.TraceParent);

    /// <summary>Whether a chunk is among those that are recorded.</summary>
    public static bool IsRecorded(int index, int total) => index % Math.Max(1, (total + MostRecorded - 1) / MostRecorded) == 0;
}
