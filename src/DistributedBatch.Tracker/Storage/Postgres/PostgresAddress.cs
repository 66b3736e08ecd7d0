using DistributedBatch.Contracts.Databases;
using Npgsql;

namespace DistributedBatch.Tracker.Storage.Postgres;

/// <summary>The database as a user names it (<see cref="PostgresUrl"/>), with what the tracker adds.</summary>
internal static class PostgresAddress
{
    /// <summary>The schema that holds the tracker's tables, so that the producer's may lie in the same database.</summary>
    public const string Schema = "tracker";

    /// <summary>The connection string for <paramref name="database"/>.</summary>
    public static string Read(string database)
    {
        var builder = PostgresUrl.Read(database, keywords => new NpgsqlConnectionStringBuilder(keywords));
        builder.SearchPath = Schema;
        builder.ApplicationName ??= "dbatch tracker";
        // The writer repeats some twenty statements; prepared on the server they cost a third.
        builder.MaxAutoPrepare = Math.Max(builder.MaxAutoPrepare, 40);
        return builder.ToString();
    }
}
