using DistributedBatch.Contracts.Api;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>Who asks.</summary>
/// <param name="Token">The token, as it is shown.</param>
/// <param name="Revoked">Cancelled when it was revoked.</param>
internal sealed record Caller(TokenView Token, CancellationToken Revoked)
{
    /// <summary>What the file <c>token</c> in the data directory stands for.</summary>
    public static readonly Caller Operator = new(new TokenView("operator", "operator", TokenRole.Operate, DateTimeOffset.UnixEpoch, null), CancellationToken.None);

    /// <summary>Whether it may do what <paramref name="needed"/> may.</summary>
    public bool May(TokenRole needed) => Token.Role == needed || Token.Role == TokenRole.Operate || (Token.Role == TokenRole.Submit && needed == TokenRole.View);

    /// <summary>Who asks <paramref name="context"/>; known behind the gate only.</summary>
    public static Caller Of(HttpContext context) => (Caller)context.Items[typeof(Caller)]!;

    /// <summary>Remembers who asks.</summary>
    public void Enter(HttpContext context) => context.Items[typeof(Caller)] = this;
}
