namespace DistributedBatch.Storage.Schema;

/// <summary>One numbered step of a schema. Migrations are added, never changed.</summary>
/// <param name="Version">Its number, from 1 without gaps.</param>
/// <param name="ReadScript">Reads its statements, which is needed only when the step is missing.</param>
public sealed record Migration(int Version, Func<string> ReadScript)
{
    /// <summary>Creates the table that holds the version. Every version of the program reads the largest number in it.</summary>
    public const string CreateVersionTable = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)";

    /// <summary>Selects the version of a database; 0 for a new one.</summary>
    public const string SelectVersion = "SELECT coalesce(max(version), 0) FROM schema_version";

    /// <summary>Applies the step and records its number, for a transaction.</summary>
    public string Sql => $"{ReadScript()}; INSERT INTO schema_version (version) VALUES ({Version})";
}
