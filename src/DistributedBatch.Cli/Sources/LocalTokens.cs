using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Tracker.Access;

namespace DistributedBatch.Cli.Sources;

/// <summary>The tokens of a data directory. A server that runs there sees a change at once.</summary>
internal sealed class LocalTokens(string directory) : ITokenSource
{
    private readonly TokenStore store = new(directory, TimeProvider.System);

    /// <inheritdoc/>
    public Task<CreatedToken> CreateAsync(NewToken wanted, CancellationToken cancellation) => Task.FromResult(store.Create(wanted)
        ?? throw new ServerException($"There is a token '{wanted.Name}' already; revoke it first, or choose another name.", ExitCode.WrongUsage));

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenView>> ListAsync(CancellationToken cancellation) => Task.FromResult(store.All);

    /// <inheritdoc/>
    public Task<TokenView> RevokeAsync(string idOrName, CancellationToken cancellation) => Task.FromResult(store.Revoke(idOrName)
        ?? throw new ServerException($"There is no token with the id or name '{idOrName}'; 'dbatch token list' shows them.", ExitCode.WrongUsage));

    /// <inheritdoc/>
    public void Dispose() => store.Dispose();
}
