using System.Globalization;

namespace DistributedBatch.Tracker.Storage;

/// <summary>One numbered step of the schema, such as <c>001_tracker.sql</c>.</summary>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Script">Its statements.</param>
internal sealed record Migration(long Version, string Script)
{
    /// <summary>Number of the last step; the same for every dialect, which a test holds us to.</summary>
    public const long Newest = 3;

    /// <summary>The steps for one kind of database, in order.</summary>
    /// <param name="dialect">Name of its folder: <c>Sqlite</c> or <c>Postgres</c>.</param>
    public static IReadOnlyList<Migration> For(string dialect)
    {
        var assembly = typeof(Migration).Assembly;
        var folder = $"{typeof(Migration).Namespace}.{dialect}.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new Migration(long.Parse(name.AsSpan(folder.Length, 3), CultureInfo.InvariantCulture), reader.ReadToEnd());
            })];
    }
}
