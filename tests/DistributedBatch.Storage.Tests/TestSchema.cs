using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;

namespace DistributedBatch.Storage.Tests;

/// <summary>A table for the tests of the storage itself, once with a single writer and once without.</summary>
internal static class TestSchema
{
    public static readonly DatabaseSchema Shared = new("things", typeof(TestSchema), 1001, singleWriter: false);

    public static readonly DatabaseSchema SingleWriter = new("things", typeof(TestSchema), 1002, singleWriter: true);

    public static readonly BulkInsert Upsert = new(
        "INSERT INTO thing (key, name, flag)", "ON CONFLICT (key) DO UPDATE SET name = excluded.name, flag = excluded.flag", "bigint", "text", "boolean");

    public const string Insert = "INSERT INTO thing (key, name, flag) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING";
}
