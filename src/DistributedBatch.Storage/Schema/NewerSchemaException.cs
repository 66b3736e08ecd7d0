namespace DistributedBatch.Storage.Schema;

/// <summary>A newer program wrote the database. This one would misread it.</summary>
/// <param name="place">Where the database is.</param>
/// <param name="found">The version of its schema.</param>
/// <param name="known">The newest version that this program knows.</param>
public sealed class NewerSchemaException(string place, long found, long known) : Exception(
    $"{place} has schema version {found}, this program knows up to {known}. Use the newer dbatch that wrote it, or another data directory.");
