using Npgsql;

namespace DistributedBatch.Producer.Storage.Postgres;

/// <summary>The two ways to name a database: <c>postgres://user:password@host:port/database</c>, or Npgsql's own keywords.</summary>
internal static class PostgresUrl
{
    /// <summary>The connection string for <paramref name="database"/>.</summary>
    public static string ToConnectionString(string database)
    {
        if (!database.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) && !database.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase))
            return database;
        var url = new Uri(database);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port > 0 ? url.Port : 5432 };
        var user = url.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            builder.Password = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Length > 1)
            builder.Database = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            // libpq says sslmode where Npgsql says SSL Mode; its other keywords are taken as they are.
            builder[parts[0] == "sslmode" ? "SSL Mode" : parts[0]] = Uri.UnescapeDataString(parts[^1].Replace("-", "", StringComparison.Ordinal));
        }

        return builder.ToString();
    }
}
