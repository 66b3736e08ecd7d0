using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Queries;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Api;

/// <summary>The steps most endpoints share: find the run that is meant, answer with JSON or with a problem.</summary>
internal static class HttpAnswers
{
    /// <summary>A JSON body.</summary>
    public static IResult Json<T>(T value, JsonTypeInfo<T> type) => new JsonAnswer<T>(value, type);

    /// <summary>A JSON body, or a problem when there is none.</summary>
    public static IResult JsonOr<T>(T? value, JsonTypeInfo<T> type, Func<IResult> otherwise)
        where T : class => value is null ? otherwise() : new JsonAnswer<T>(value, type);

    /// <summary>Finds the run that <paramref name="text"/> means and goes on with it.</summary>
    public static async Task<IResult> WithRunAsync(RunQueries queries, string text, Func<RunId, Task<IResult>> then, CancellationToken cancellation) =>
        await queries.FindAsync(text, cancellation) switch
        {
            RunSelector.Found found => await then(found.Run),
            RunSelector.Ambiguous ambiguous => Problems.Ambiguous(ambiguous.Sentence, ambiguous.Candidates.Select(run => run.Value)),
            RunSelector.None none => Problems.NoRun(none.Sentence),
            var other => throw new InvalidOperationException($"A run was looked for and {other} found."),
        };
}
