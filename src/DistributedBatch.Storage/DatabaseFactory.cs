using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Postgres;
using DistributedBatch.Storage.Schema;
using DistributedBatch.Storage.Sqlite;

namespace DistributedBatch.Storage;

/// <summary>Chooses the kind of database for a service.</summary>
public static class DatabaseFactory
{
    /// <summary>PostgreSQL when an address is given, else a SQLite file. Neither connects to anything yet.</summary>
    /// <param name="schema">The tables of the service.</param>
    /// <param name="directory">The directory of the SQLite file.</param>
    /// <param name="address">A PostgreSQL database as a user names it, see <see cref="PostgresUrl"/>; null for SQLite.</param>
    /// <exception cref="DatabaseNameException">The address names no database.</exception>
    public static IDatabase Create(DatabaseSchema schema, string directory, string? address) =>
        address is null ? new SqliteDatabase(schema, directory) : new PostgresDatabase(schema, address);
}
