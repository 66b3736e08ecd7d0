using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Text;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Api;

/// <summary>What goes wrong on the way, as problem details (RFC 9457) that say what to do next.</summary>
internal static class Problems
{
    public static IResult Unauthorized() => Of(StatusCodes.Status401Unauthorized, "A token is needed",
        "Send 'Authorization: Bearer TOKEN'. An operator makes tokens with 'dbatch token create'; the operator's own is in the file 'token' in the server's data directory.");

    public static IResult Forbidden(TokenView token, TokenRole needed) => Of(StatusCodes.Status403Forbidden, "The token may not do that",
        $"This needs a token of the role {needed.ToText()}{(needed == TokenRole.Operate ? "" : " or operate")}; yours ('{token.Name}') has the role {token.Role.ToText()}. "
        + $"An operator makes one: dbatch token create --role {needed.ToText()}", ("role", token.Role.ToText()), ("needed", needed.ToText()));

    public static IResult TooMany(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "10";
        return Of(StatusCodes.Status429TooManyRequests, "Too many requests", "Wait ten seconds, then ask less often.");
    }

    public static IResult CrossSite() => Of(StatusCodes.Status403Forbidden, "Asked for by another site",
        "A page of another site made your browser ask for this, so it was not done. Use the dashboard itself, or a program that is no browser.");

    public static IResult NoToken(string token) => Of(StatusCodes.Status404NotFound, "No such token", $"There is no token with the id or name '{token}'; GET /api/tokens lists them.");

    public static IResult NoSigningKey() => Of(StatusCodes.Status404NotFound, "No signing key",
        "This server was given no public key to hand out: start it with --trust FILE, or with the producer in the same process.");

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
