using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Api;

/// <summary>What goes wrong on the way, as problem details (RFC 9457) that say what to do next.</summary>
internal static class Problems
{
    public static IResult Unauthorized() => Of(StatusCodes.Status401Unauthorized, "A token is needed",
        "Send 'Authorization: Bearer TOKEN' with the token from the file 'token' in the data directory of the server.");

    public static IResult NoRun(string sentence) => Of(StatusCodes.Status404NotFound, "No such run", sentence);

    public static IResult Ambiguous(string sentence, IEnumerable<string> candidates) => Of(
        StatusCodes.Status409Conflict, "Several runs could be meant", sentence, ("candidates", candidates.ToArray()));

    public static IResult NoChunk(string run, int index) => Of(StatusCodes.Status404NotFound, "No such chunk",
        $"Run {run} has no chunk {index}, or it has not been cut yet. GET /api/runs/{run}/chunks lists what there is.");

    public static IResult NoLog(string run, int index) => Of(StatusCodes.Status404NotFound, "No such log",
        $"That attempt of chunk {index} of run {run} wrote nothing, or its host has not brought the log. GET /api/runs/{run}/chunks/{index}/logs lists what is here.");

    public static IResult NoOutputs(string run, int index) => Of(StatusCodes.Status404NotFound, "No outputs",
        $"Chunk {index} of run {run} has left nothing here: it has not succeeded yet, wrote nothing to DBATCH_OUT, or its host keeps what it wrote.");

    public static IResult NoRunOutputs(string run) => Of(StatusCodes.Status404NotFound, "No outputs",
        $"Run {run} has left nothing here: no chunk has succeeded yet, none wrote to DBATCH_OUT, or the hosts keep what they wrote.");

    public static IResult OutputsTooLate(string run, int index) => Of(StatusCodes.Status409Conflict, "Too late",
        $"Chunk {index} of run {run} has its outputs from another attempt already. These were dropped; nothing is left to do.");

    public static IResult Mistakes(IReadOnlyList<string> mistakes) => Of(StatusCodes.Status400BadRequest, "The run was refused",
        string.Join(" ", mistakes), ("mistakes", mistakes.ToArray()));

    public static IResult Unreadable(string sentence) => Of(StatusCodes.Status400BadRequest, "The request cannot be read", sentence, ("mistakes", new[] { sentence }));

    public static IResult Refused(IReadOnlyList<string> mistakes) => Of(StatusCodes.Status409Conflict, "The run cannot be changed like that",
        string.Join(" ", mistakes), ("mistakes", mistakes.ToArray()));

    public static IResult NoProducer(string sentence) => Of(StatusCodes.Status503ServiceUnavailable, "The producer does not answer", sentence);

    public static IResult TooLarge(string sentence) => Of(StatusCodes.Status413PayloadTooLarge, "Too large", sentence);

    private static IResult Of(int status, string title, string detail, params (string Name, object Value)[] more) => Results.Problem(
        detail, statusCode: status, title: title, extensions: more.ToDictionary(pair => pair.Name, pair => (object?)pair.Value));
}
