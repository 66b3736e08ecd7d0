using System.Data.Common;
using Npgsql;

namespace DistributedBatch.Storage.Postgres;

/// <summary>
/// The two ways to name a PostgreSQL database: <c>postgres://user:password@host:port/database?keyword=value</c>, or Npgsql's keywords. Producer and tracker
/// read the name here, so that it means the same to both.
/// </summary>
public static class PostgresUrl
{
    private const string HowToName = "A PostgreSQL database is named as postgres://user:password@host:5432/name, or as Host=...;Database=...;Username=....";

    /// <summary>Keywords that libpq and Npgsql name differently (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).</summary>
    private static readonly Dictionary<string, string> LibpqKeywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["dbname"] = "Database",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
    };

    /// <summary>What is wrong with <paramref name="database"/>, as far as its form shows; null for nothing.</summary>
    public static string? Mistake(string database)
    {
        try
        {
            _ = ToKeywords(database);
            return null;
        }
        catch (DatabaseNameException mistake)
        {
            return mistake.Message;
        }
    }

    /// <summary>Reads <paramref name="database"/>.</summary>
    /// <param name="database">The database as a user names it.</param>
    /// <exception cref="DatabaseNameException">It names no database.</exception>
    public static NpgsqlConnectionStringBuilder Read(string database)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(ToKeywords(database));
        }
        catch (ArgumentException failure)
        {
            throw new DatabaseNameException($"The database cannot be named like that: {failure.Message}", failure);
        }
    }

    /// <summary>The Npgsql keywords that <paramref name="database"/> stands for. Npgsql checks them later.</summary>
    /// <exception cref="DatabaseNameException">It names no database. The message does not repeat it, because it may hold a password.</exception>
    public static string ToKeywords(string database)
    {
        if (!database.Contains("://", StringComparison.Ordinal))
            return Checked(database);
        if (!Uri.TryCreate(database, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql"))
            throw new DatabaseNameException($"{HowToName} Special characters in a password are written as %40 and the like.");

        var keywords = new DbConnectionStringBuilder();
        if (url.Host.Length > 0)
            keywords["Host"] = url.Host;
        if (url.Port > 0)
            keywords["Port"] = url.Port;
        var user = url.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            keywords["Username"] = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            keywords["Password"] = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Length > 1)
            keywords["Database"] = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var name = Uri.UnescapeDataString(parts[0]);
            var value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
            var keyword = LibpqKeywords.GetValueOrDefault(name, name);

            // libpq says verify-full where Npgsql says VerifyFull.
            keywords[keyword] = keyword == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return keywords.ConnectionString;
    }

    private static string Checked(string keywords)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = keywords }.Count > 0 ? keywords : throw new DatabaseNameException(HowToName);
        }
        catch (ArgumentException)
        {
            throw new DatabaseNameException(HowToName);
        }
    }
}
