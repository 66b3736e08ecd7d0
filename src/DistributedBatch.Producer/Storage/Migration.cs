using System.Globalization;

namespace DistributedBatch.Producer.Storage;

/// <summary>One numbered step of the tables, an embedded SQL file such as <c>Storage/Sqlite/0001_ledger.sql</c>. Steps are added, never changed.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Sql">What it does.</param>
internal sealed record Migration(int Version, string Sql)
{
    /// <summary>The steps of a dialect, in order.</summary>
    /// <param name="dialect">Name of its folder.</param>
    public static IReadOnlyList<Migration> Of(string dialect)
    {
        var assembly = typeof(Migration).Assembly;
        var prefix = $"{typeof(Migration).Namespace}.{dialect}.";
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                    return new Migration(int.Parse(name.AsSpan(prefix.Length, 4), CultureInfo.InvariantCulture), reader.ReadToEnd());
                }),
        ];
    }

    /// <summary>The steps that a database of version <paramref name="current"/> lacks.</summary>
    /// <exception cref="LedgerException">The database is newer than this program.</exception>
    public static IEnumerable<Migration> Missing(IReadOnlyList<Migration> all, int current, string where) => current <= all[^1].Version
        ? all.Where(step => step.Version > current)
        : throw new LedgerException(
            $"The ledger in {where} was written by a newer version of DistributedBatch (its tables are at {current}, this program knows {all[^1].Version}). "
            + "Use that version or a newer one, or choose another place for the ledger.");
}
