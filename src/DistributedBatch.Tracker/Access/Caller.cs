using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>The caller of a request.</summary>
/// <param name="Token">The token, without its secret.</param>
/// <param name="Revoked">Cancelled when the token is revoked.</param>
internal sealed record Caller(TokenView Token, CancellationToken Revoked)
{
    /// <summary>The caller with the operator token.</summary>
    public static readonly Caller Operator = new(new TokenView("operator", "operator", TokenRole.Operate, DateTimeOffset.UnixEpoch, null), CancellationToken.None);

    /// <summary>Whether the caller has the permissions of <paramref name="needed"/>.</summary>
    public bool May(TokenRole needed) => Token.Role == needed || Token.Role == TokenRole.Operate || (Token.Role == TokenRole.Submit && needed == TokenRole.View);

    /// <summary>Whether the caller may pause, resume, cancel and retry a run.</summary>
    /// <param name="submitter">Name of the token that submitted the run; null when none did. Names are unique among the tokens that are valid.</param>
    public bool MayControl(string? submitter) => May(TokenRole.Operate) || (May(TokenRole.Submit) && submitter == Token.Name);

    /// <summary>The caller of <paramref name="context"/>, once it is authenticated.</summary>
    public static Caller Of(HttpContext context) => (Caller)context.Items[typeof(Caller)]!;

    /// <summary>Attaches the caller to the request.</summary>
    public void AttachTo(HttpContext context) => context.Items[typeof(Caller)] = this;
}
