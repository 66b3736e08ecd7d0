using DistributedBatch.Tracker.Http;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Api;

/// <summary>Finds the run in the path of a request.</summary>
internal static class RunLookup
{
    /// <summary>Finds the run by id, prefix or name and calls <paramref name="respond"/> with it, or responds with a problem.</summary>
    public static async Task<IResult> WithRunAsync(
        this RunQueries queries, string text, Func<RunId, Task<IResult>> respond, CancellationToken cancellation) =>
        await queries.FindAsync(text, cancellation) switch
        {
            RunSelector.Found found => await respond(found.Run),
            RunSelector.Ambiguous ambiguous => Problems.Ambiguous(ambiguous.Sentence, ambiguous.Candidates.Select(run => run.Value)),
            RunSelector.None none => Problems.NoRun(none.Sentence),
            var other => throw new InvalidOperationException($"The lookup of a run returned {other}."),
        };
}
