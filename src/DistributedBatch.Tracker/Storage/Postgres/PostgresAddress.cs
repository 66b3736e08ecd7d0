using Npgsql;

namespace DistributedBatch.Tracker.Storage.Postgres;

/// <summary>Reads how a user names a database, <c>postgres://user:password@host:port/database</c> or Npgsql's keywords, and adds what the tracker needs.</summary>
internal static class PostgresAddress
{
    /// <summary>The schema that holds the tracker's tables, so that the producer's may lie in the same database.</summary>
    public const string Schema = "tracker";

    /// <summary>The connection string for <paramref name="database"/>.</summary>
    public static string Read(string database)
    {
        var builder = database.Contains("://", StringComparison.Ordinal) ? FromUrl(new Uri(database)) : new NpgsqlConnectionStringBuilder(database);
        builder.SearchPath = Schema;
        builder.ApplicationName ??= "dbatch tracker";
        // The writer repeats some twenty statements; prepared on the server they cost a third.
        builder.MaxAutoPrepare = Math.Max(builder.MaxAutoPrepare, 40);
        return builder.ToString();
    }

    private static NpgsqlConnectionStringBuilder FromUrl(Uri url)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host };
        if (url.Port > 0)
            builder.Port = url.Port;
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
            // libpq says sslmode=verify-full where Npgsql says SSL Mode=VerifyFull.
            if (parts[0] == "sslmode")
                builder["SSL Mode"] = parts[^1].Replace("-", "", StringComparison.Ordinal);
            else
                builder[parts[0]] = Uri.UnescapeDataString(parts[^1]);
        }

        return builder;
    }
}
