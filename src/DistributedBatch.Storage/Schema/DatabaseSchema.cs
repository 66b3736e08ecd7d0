using System.Globalization;

namespace DistributedBatch.Storage.Schema;

/// <summary>The tables of one service and their numbered migrations, which are embedded SQL files such as <c>Sqlite/0001_ledger.sql</c>.</summary>
/// <param name="name">The SQLite file is <c>NAME.db</c>, the PostgreSQL schema is <c>NAME</c>.</param>
/// <param name="scripts">A type in the namespace whose folders <c>Sqlite</c> and <c>Postgres</c> hold the migrations.</param>
/// <param name="lockKey">
/// The PostgreSQL advisory lock of this schema. Every version of the program must use the same number, and no other schema may use it.
/// </param>
/// <param name="singleWriter">Whether the process that writes excludes all other writers until it ends.</param>
public sealed class DatabaseSchema(string name, Type scripts, long lockKey, bool singleWriter)
{
    private const int VersionDigits = 4;

    /// <summary>The name of the file or schema.</summary>
    public string Name => name;

    /// <summary>The PostgreSQL advisory lock: held by a single writer for its lifetime, by others while they migrate.</summary>
    public long LockKey => lockKey;

    /// <summary>Whether the process that writes excludes all other writers until it ends.</summary>
    public bool SingleWriter => singleWriter;

    /// <summary>The migrations for one kind of database, in order.</summary>
    /// <param name="dialect">Name of the folder: <c>Sqlite</c> or <c>Postgres</c>.</param>
    public IReadOnlyList<Migration> Migrations(string dialect)
    {
        var prefix = $"{scripts.Namespace}.{dialect}.";
        return
        [
            .. scripts.Assembly.GetManifestResourceNames()
                .Where(resource => resource.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(resource => new Migration(
                    int.Parse(resource.AsSpan(prefix.Length, VersionDigits), NumberStyles.None, CultureInfo.InvariantCulture), () => Read(resource))),
        ];
    }

    /// <summary>The migrations that a database of version <paramref name="current"/> lacks.</summary>
    /// <exception cref="NewerSchemaException">The database was written by a newer program.</exception>
    public IEnumerable<Migration> MissingMigrations(string dialect, long current, string place)
    {
        var all = Migrations(dialect);
        return current <= all[^1].Version
            ? all.Where(migration => migration.Version > current)
            : throw new NewerSchemaException(place, current, all[^1].Version);
    }

    private string Read(string resource)
    {
        using var reader = new StreamReader(scripts.Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
