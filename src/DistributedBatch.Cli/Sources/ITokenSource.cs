using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Cli.Sources;

/// <summary>Where tokens are made and revoked: a server, or a data directory.</summary>
internal interface ITokenSource : IDisposable
{
    /// <summary>Makes a token.</summary>
    /// <exception cref="ServerException">It was refused.</exception>
    Task<CreatedToken> CreateAsync(NewToken wanted, CancellationToken cancellation);

    /// <summary>All tokens.</summary>
    Task<IReadOnlyList<TokenView>> ListAsync(CancellationToken cancellation);

    /// <summary>Revokes a token by id or name.</summary>
    /// <exception cref="ServerException">There is none.</exception>
    Task<TokenView> RevokeAsync(string idOrName, CancellationToken cancellation);
}
