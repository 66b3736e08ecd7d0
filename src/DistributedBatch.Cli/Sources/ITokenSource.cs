using DistributedBatch.Cli.Servers;

namespace DistributedBatch.Cli.Sources;

/// <summary>The tokens of a server, or of a data directory.</summary>
internal interface ITokenSource : IDisposable
{
    /// <summary>Creates a token.</summary>
    /// <exception cref="ServerException">The token was refused.</exception>
    Task<CreatedToken> CreateAsync(NewToken wanted, CancellationToken cancellation);

    /// <summary>All tokens.</summary>
    Task<IReadOnlyList<TokenView>> ListAsync(CancellationToken cancellation);

    /// <summary>Revokes a token by id or name.</summary>
    /// <exception cref="ServerException">There is no such token.</exception>
    Task<TokenView> RevokeAsync(string idOrName, CancellationToken cancellation);
}
