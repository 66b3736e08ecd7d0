using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;
using DistributedBatch.Storage.Sqlite;
using DistributedBatch.Storage.Tests.Connections;
using DistributedBatch.TestKit.Files;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Storage.Tests.Sqlite;

public sealed class SqliteDatabaseTests : DatabaseConformance, IDisposable
{
    private readonly TempDirectory directory = new();

    [Fact(Timeout = 60_000)]
    public async Task A_full_disk_is_recognized_and_the_writer_continues_when_there_is_space()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);

        var failure = await Assert.ThrowsAsync<SqliteException>(() => writer.WriteAsync(
            async connection =>
            {
                await connection.ScalarAsync("PRAGMA max_page_count = 1", [], Cancellation);
                await connection.RunAsync(TestSchema.Insert, [.. Enumerable.Range(0, 1000).Select(number => new object?[] { number, new string('x', 500), true })], Cancellation);
            },
            Cancellation));
        await writer.ExecuteAsync([new(TestSchema.Insert, [[1, "kept", true]])], Cancellation);

        Assert.Equal(StorageFailure.Full, database.Classify(failure));
        Assert.Equal($"The disk is full, {database.Place} cannot be written. Free some space.", database.Explain(failure));
        Assert.Single(await ThingsAsync(database));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lock_of_another_program_is_recognized()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);
        await using var viewer = new SqliteConnection($"Data Source={database.Place};Pooling=False;Default Timeout=1");
        await viewer.OpenAsync(Cancellation);
        await writer.WriteAsync(
            async connection =>
            {
                await connection.RunAsync(TestSchema.Insert, [[1, "x", true]], Cancellation);
                var failure = Assert.Throws<SqliteException>(() => viewer.BeginTransaction());
                Assert.Equal(StorageFailure.Busy, database.Classify(failure));
            },
            Cancellation);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_is_no_database_is_recognized_and_left_alone()
    {
        directory.Write("things.db", new string('x', 5_000));
        await using var database = Create(TestSchema.Shared);
        await using var writer = new DatabaseWriter(database);

        var failure = await Assert.ThrowsAsync<SqliteException>(async () => await writer.TryOpenAsync(Cancellation));

        Assert.Equal(StorageFailure.Damaged, database.Classify(failure));
        Assert.Equal(new string('x', 5_000), await File.ReadAllTextAsync(directory["things.db"], Cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_vanished_in_use_is_not_replaced_by_an_empty_one()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);
        File.Delete(database.Place);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(_ => throw new InvalidOperationException(), Cancellation));

        var failure = await Assert.ThrowsAsync<SqliteException>(() => writer.ExecuteAsync([new(TestSchema.Insert, [[1, "x", true]])], Cancellation));

        Assert.Equal(StorageFailure.NotWritable, database.Classify(failure));
        Assert.False(File.Exists(database.Place));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_learns_whether_it_knows_the_schema()
    {
        var database = new SqliteDatabase(TestSchema.Shared, directory.Path);
        Assert.Contains("cannot be read", database.SchemaProblem(), StringComparison.Ordinal);
        await using (var writer = await OpenAsync(database))
        {
            Assert.Null(database.SchemaProblem());
            await writer.ExecuteAsync([new("DELETE FROM schema_version WHERE version > $1", [[1]])], Cancellation);
        }

        Assert.Contains("has schema version 1. The next", database.SchemaProblem(), StringComparison.Ordinal);
        await database.DisposeAsync();
    }

    public void Dispose() => directory.Dispose();

    private protected override IDatabase Create(DatabaseSchema schema) => new SqliteDatabase(schema, directory.Path);
}
