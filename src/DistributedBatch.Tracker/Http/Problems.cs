using DistributedBatch.Contracts.Text;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Http;

/// <summary>Error responses as problem details (RFC 9457). Their texts say what to do next.</summary>
internal static class Problems
{
    public static IResult Unauthorized() => Of(StatusCodes.Status401Unauthorized, "A token is required",
        "Send 'Authorization: Bearer TOKEN'. An operator creates tokens with 'dbatch token create'. The operator token is in the file 'token' in the server's data directory.");

    public static IResult Forbidden(TokenView token, TokenRole needed) => Of(StatusCodes.Status403Forbidden, "The token's role does not allow this",
        $"This needs a token with the role {needed.ToText()}{(needed == TokenRole.Operate ? "" : " or operate")}; yours ('{token.Name}') has the role {token.Role.ToText()}. "
        + $"An operator creates one: dbatch token create --role {needed.ToText()}", ("role", token.Role.ToText()), ("needed", needed.ToText()));

    public static IResult TooManyRequests(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "10";
        return Of(StatusCodes.Status429TooManyRequests, "Too many requests", "Wait ten seconds, then send fewer requests.");
    }

    public static IResult CrossSite() => Of(StatusCodes.Status403Forbidden, "Cross-site request",
        "A page of another site made your browser send this request, so it was rejected. Use the dashboard, or a program that is not a browser.");

    public static IResult NoToken(string token) => Of(StatusCodes.Status404NotFound, "No such token", $"There is no token with the id or name '{token}'. GET /api/tokens lists all tokens.");

    public static IResult NoSigningKey() => Of(StatusCodes.Status404NotFound, "No signing key",
        "This server has no public key: start it with --trust FILE, or with the producer in the same process.");

    public static IResult NoRun(string sentence) => Of(StatusCodes.Status404NotFound, "No such run", sentence);

    public static IResult NoRun(RunId run) => NoRun($"Run {run} no longer exists.");

    public static IResult NoHost(string host) => Of(StatusCodes.Status404NotFound, "No such host", $"There is no host '{host}'. GET /api/hosts lists the hosts.");

    public static IResult Ambiguous(string sentence, IEnumerable<string> candidates) => Of(
        StatusCodes.Status409Conflict, "Several runs match", sentence, ("candidates", candidates.ToArray()));

    public static IResult NoChunk(RunId run, int index) => Of(StatusCodes.Status404NotFound, "No such chunk",
        $"Run {run} has no chunk {index}, or the producer has not created it yet. GET /api/runs/{run}/chunks lists the chunks.");

    public static IResult NoLog(RunId run, int index) => Of(StatusCodes.Status404NotFound, "No such log",
        $"That attempt of chunk {index} of run {run} wrote nothing, or its log is still on the host. GET /api/runs/{run}/chunks/{index}/logs lists the logs.");

    public static IResult NoOutputs(RunId run, int index) => Of(StatusCodes.Status404NotFound, "No outputs",
        $"Chunk {index} of run {run} has no outputs here: it has not succeeded yet, wrote nothing to DBATCH_OUT, or its outputs are on the host.");

    public static IResult NoOutputs(RunId run) => Of(StatusCodes.Status404NotFound, "No outputs",
        $"Run {run} has no outputs here: no chunk has succeeded yet, none wrote to DBATCH_OUT, or the outputs are on the hosts.");

    public static IResult DuplicateOutputs(RunId run, int index) => Of(StatusCodes.Status409Conflict, "Duplicate outputs",
        $"Another attempt of chunk {index} of run {run} has already stored its outputs. These were discarded; there is nothing left to do.");

    public static IResult WrongHost(TokenView token, string host) => Of(StatusCodes.Status403Forbidden, "The token belongs to another host",
        $"The token '{token.Name}' may not upload for host '{host}'. Give that host a token of its own: dbatch token create --role host --name {host}");

    public static IResult InvalidRun(IReadOnlyList<string> mistakes) => Of(StatusCodes.Status400BadRequest, "The run is invalid",
        string.Join(" ", mistakes), ("mistakes", mistakes.ToArray()));

    public static IResult InvalidRequest(string sentence) => Of(StatusCodes.Status400BadRequest, "The request is invalid", sentence, ("mistakes", new[] { sentence }));

    public static IResult Refused(IReadOnlyList<string> mistakes) => Of(StatusCodes.Status409Conflict, "This change is not possible",
        string.Join(" ", mistakes), ("mistakes", mistakes.ToArray()));

    public static IResult NoProducer(string sentence) => Of(StatusCodes.Status503ServiceUnavailable, "The producer does not answer", sentence);

    public static IResult TooLarge(string sentence) => Of(StatusCodes.Status413PayloadTooLarge, "Too large", sentence);

    private static IResult Of(int status, string title, string detail, params (string Name, object Value)[] more) => Results.Problem(
        detail, statusCode: status, title: title, extensions: more.ToDictionary(pair => pair.Name, pair => (object?)pair.Value));
}
