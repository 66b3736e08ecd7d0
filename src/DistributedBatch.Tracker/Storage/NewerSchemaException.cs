namespace DistributedBatch.Tracker.Storage;

/// <summary>The database was written by a newer version of the program, which this one would misread.</summary>
/// <param name="place">Where the database is.</param>
/// <param name="found">Version of its schema.</param>
/// <param name="known">Newest version this program knows.</param>
public sealed class NewerSchemaException(string place, long found, long known) : Exception(
    $"{place} has schema version {found}, this program knows up to {known}. Use the newer dbatch that wrote it, or another data directory.");
