using System.Data.Common;
using Npgsql;

namespace DistributedBatch.Tracker.Storage.Postgres;

/// <summary>Everything in the schema <c>tracker</c> of a PostgreSQL database.</summary>
/// <param name="database">As the user names it, see <see cref="PostgresAddress"/>.</param>
internal sealed class PostgresDialect(string database) : IStorageDialect
{
    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(PostgresAddress.Read(database));

    /// <inheritdoc/>
    public string Place
    {
        get
        {
            var address = new NpgsqlConnectionStringBuilder(source.ConnectionString);
            return $"The schema {PostgresAddress.Schema} of PostgreSQL database {address.Database} on {address.Host}";
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenReadAsync(CancellationToken cancellation) => await source.OpenConnectionAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask<IWriteConnection> OpenWriteAsync(CancellationToken cancellation) =>
        new PostgresWriter(await source.OpenConnectionAsync(cancellation), Place);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();
}
