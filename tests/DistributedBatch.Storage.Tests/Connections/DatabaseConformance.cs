using System.Data.Common;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;

namespace DistributedBatch.Storage.Tests.Connections;

/// <summary>What a database does for a service, on SQLite and on PostgreSQL.</summary>
public abstract class DatabaseConformance
{
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Rows_are_read_back_as_they_were_written()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);

        await writer.WriteAsync(
            connection => connection.RunAsync(
                "INSERT INTO thing (key, name, flag, data) VALUES ($1, $2, $3, $4)",
                [[1, "ünï 'quoted' \"twice\"", true, new byte[] { 0, 255 }], [2L, null, false, null]], Cancellation),
            Cancellation);

        await using var reader = await database.OpenReadAsync(Cancellation);
        Assert.Equal(
            [(1L, "ünï 'quoted' \"twice\"", true), (2L, null, false)],
            await reader.ListAsync("SELECT key, name, flag FROM thing ORDER BY key", row => (row.GetInt64(0), row.Text(1), row.GetBoolean(2)), Cancellation));
        Assert.Equal([0, 255], Assert.Single(await reader.ListAsync("SELECT data FROM thing WHERE key = $1", row => row.GetFieldValue<byte[]>(0), Cancellation, 1)));
        Assert.Equal([2L], await reader.ListAsync("SELECT key FROM thing WHERE key > $1 AND flag = $2", row => row.GetInt64(0), Cancellation, 0L, false));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_statement_reports_for_each_row_whether_it_changed_anything()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);
        IReadOnlyList<bool> changed = [];

        await writer.WriteAsync(
            async connection => changed = await connection.RunAsync(
                TestSchema.Insert, [.. Enumerable.Range(0, 1200).Select(number => new object?[] { number / 2, "x", true })], Cancellation),
            Cancellation);

        Assert.Equal(Enumerable.Range(0, 1200).Select(number => number % 2 == 0), changed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bulk_insert_writes_new_rows_and_replaces_existing_ones()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);
        await writer.ExecuteAsync([TestSchema.Upsert.Of([[1, "old", false], [3, "kept", true]])], Cancellation);

        await writer.ExecuteAsync([TestSchema.Upsert.Of([[1, null, true], [2L, "new", false]]), TestSchema.Upsert.Of([])], Cancellation);

        Assert.Equal([(1L, null, true), (2L, "new", false), (3L, "kept", true)], await ThingsAsync(database));
    }

    [Fact(Timeout = 60_000)]
    public async Task Statements_are_committed_together_or_not_at_all_and_the_writer_continues()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);

        await Assert.ThrowsAnyAsync<DbException>(() => writer.ExecuteAsync(
            [new(TestSchema.Insert, [[1, "lost", true]]), new("INSERT INTO no_such_table VALUES ($1)", [[1]])], Cancellation));
        await writer.ExecuteAsync([new(TestSchema.Insert, [[2, "kept", true]])], Cancellation);

        Assert.Equal([(2L, "kept", true)], await ThingsAsync(database));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failed_transaction_leaves_nothing_and_the_writer_continues()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);

        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(
            async connection =>
            {
                await connection.RunAsync(TestSchema.Insert, [[1, "lost", true]], Cancellation);
                throw new InvalidOperationException();
            },
            Cancellation));
        await writer.WriteAsync(connection => connection.RunAsync(TestSchema.Insert, [[2, "kept", true]], Cancellation), Cancellation);

        Assert.Equal([(2L, "kept", true)], await ThingsAsync(database));
    }

    [Fact(Timeout = 60_000)]
    public async Task Transactions_of_several_callers_run_one_after_the_other()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(() => writer.WriteAsync(
            async connection =>
            {
                var count = Convert.ToInt64(await connection.ScalarAsync("SELECT count(*) FROM thing", [], Cancellation), null);
                await connection.RunAsync(TestSchema.Insert, [[count, $"{number}", true]], Cancellation);
            },
            Cancellation))));

        Assert.Equal(Enumerable.Range(0, 20).Select(number => (long)number), (await ThingsAsync(database)).Select(thing => thing.Key));
    }

    [Fact(Timeout = 60_000)]
    public async Task Readers_see_what_is_committed_while_the_writer_is_in_a_transaction()
    {
        await using var database = Create(TestSchema.Shared);
        await using var writer = await OpenAsync(database);
        await writer.ExecuteAsync([new(TestSchema.Insert, [[1, "first", true]])], Cancellation);

        await writer.WriteAsync(
            async connection =>
            {
                await connection.RunAsync(TestSchema.Insert, [[2, "second", true]], Cancellation);
                Assert.Single(await ThingsAsync(database));
            },
            Cancellation);

        Assert.Equal(2, (await ThingsAsync(database)).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Migrations_run_once_and_record_their_versions()
    {
        for (var start = 0; start < 2; start++)
        {
            await using var database = Create(TestSchema.Shared);
            await using var writer = await OpenAsync(database);
            await using var reader = await database.OpenReadAsync(Cancellation);

            Assert.Equal([1, 2], await reader.ListAsync("SELECT version FROM schema_version ORDER BY version", row => row.GetInt64(0), Cancellation));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_processes_that_start_at_once_create_the_tables_once()
    {
        await using var first = Create(TestSchema.Shared);
        await using var second = Create(TestSchema.Shared);

        await using var one = new DatabaseWriter(first);
        await using var two = new DatabaseWriter(second);
        var opened = await Task.WhenAll(new[] { one, two }.Select(writer => Task.Run(async () => await writer.TryOpenAsync(Cancellation))));

        Assert.Equal([true, true], opened);
        await one.ExecuteAsync([new(TestSchema.Insert, [[1, "one", true]])], Cancellation);
        await two.ExecuteAsync([new(TestSchema.Insert, [[2, "two", true]])], Cancellation);
        Assert.Equal(2, (await ThingsAsync(first)).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_database_of_a_newer_program_is_refused()
    {
        await using var database = Create(TestSchema.Shared);
        await using (var writer = await OpenAsync(database))
            await writer.ExecuteAsync([new("INSERT INTO schema_version (version) VALUES ($1)", [[99]])], Cancellation);
        await using var older = new DatabaseWriter(database);

        var refusal = await Assert.ThrowsAsync<NewerSchemaException>(async () => await older.TryOpenAsync(Cancellation));

        Assert.Equal($"{database.Place} has schema version 99, this program knows up to 2. Use the newer dbatch that wrote it, or another data directory.", refusal.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_single_writer_excludes_others_until_it_ends_and_a_standby_takes_over()
    {
        await using var first = Create(TestSchema.SingleWriter);
        await using var second = Create(TestSchema.SingleWriter);
        await using var standby = new DatabaseWriter(second);
        var writer = await OpenAsync(first);

        Assert.False(await standby.TryOpenAsync(Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => standby.ExecuteAsync([new(TestSchema.Insert, [[1, "standby", true]])], Cancellation));
        Assert.False(await standby.TryOpenAsync(Cancellation));
        await writer.DisposeAsync();
        await first.DisposeAsync();

        Assert.True(await standby.TryOpenAsync(Cancellation));
        await standby.ExecuteAsync([new(TestSchema.Insert, [[1, "standby", true]])], Cancellation);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_single_writer_stays_the_writer_when_a_transaction_fails()
    {
        await using var first = Create(TestSchema.SingleWriter);
        await using var second = Create(TestSchema.SingleWriter);
        await using var writer = await OpenAsync(first);
        await using var standby = new DatabaseWriter(second);

        await Assert.ThrowsAnyAsync<DbException>(() => writer.ExecuteAsync([new("INSERT INTO no_such_table VALUES ($1)", [[1]])], Cancellation));

        Assert.False(await standby.TryOpenAsync(Cancellation));
        await writer.ExecuteAsync([new(TestSchema.Insert, [[1, "kept", true]])], Cancellation);
    }

    [Fact]
    public void Failures_that_are_not_the_databases_are_not_explained()
    {
        var database = Create(TestSchema.Shared);

        Assert.Null(database.Explain(new InvalidOperationException()));
        Assert.Null(database.Explain(new OperationCanceledException()));
    }

    private protected abstract IDatabase Create(DatabaseSchema schema);

    private protected static async Task<DatabaseWriter> OpenAsync(IDatabase database)
    {
        var writer = new DatabaseWriter(database);
        Assert.True(await writer.TryOpenAsync(Cancellation));
        return writer;
    }

    private protected static async Task<List<(long Key, string? Name, bool Flag)>> ThingsAsync(IDatabase database)
    {
        await using var reader = await database.OpenReadAsync(Cancellation);
        return await reader.ListAsync("SELECT key, name, flag FROM thing ORDER BY key", row => (row.GetInt64(0), row.Text(1), row.GetBoolean(2)), Cancellation);
    }
}
