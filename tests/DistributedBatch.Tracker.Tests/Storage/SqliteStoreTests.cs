using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;
using DistributedBatch.Storage.Sqlite;
using DistributedBatch.TestKit.Files;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Tracker.Tests.Storage;

public sealed class SqliteStoreTests : TrackerStoreConformance
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Both_kinds_of_database_have_the_same_migrations() => Assert.All(
        ["Sqlite", "Postgres"], dialect => Assert.Equal([1, 2, 3, 4, 5], TrackerDatabase.Schema.Migrations(dialect).Select(migration => migration.Version)));

    [Fact(Timeout = 30_000)]
    public async Task A_database_is_read_while_its_writer_is_active()
    {
        using var directory = new TempDirectory();
        await using var storage = await OpenAsync(directory, owned: false);
        var run = RunId.New();
        await storage.CommitAsync(TestData.Submitted(run));

        Assert.True(TrackerDatabase.TryOpenExisting(directory.Path, out var database, out var problem), problem);
        await using var _ = database;
        var queries = new RunQueries(database, TimeProvider.System);
        await storage.CommitAsync(TestData.Changed(run, 1, RunState.Paused, new ChunkCounts(10, 10, 0, 0, 0, 0, 0)));

        Assert.Equal(RunState.Paused, (await queries.ShowAsync(run, Cancellation))!.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_database_without_a_writer_is_read()
    {
        using var directory = new TempDirectory();
        var run = RunId.New();
        await using (var storage = await OpenAsync(directory, owned: false))
            await storage.CommitAsync(TestData.Submitted(run));

        Assert.True(TrackerDatabase.TryOpenExisting(directory.Path, out var database, out var problem), problem);
        await using var _ = database;
        Assert.Equal("digits", (await new RunQueries(database, TimeProvider.System).ShowAsync(run, Cancellation))!.Name);
    }

    [Fact(Timeout = 30_000)]
    public async Task No_table_keeps_a_row_of_a_run_that_was_removed()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run), TestData.Reports(TestData.Succeeded(run, 0, result: "1"), TestData.Failed(run, 1)),
            TestData.Changed(run, 1, RunState.Failed, new ChunkCounts(2, 0, 0, 0, 1, 1, 0), TestData.Chunk(0, ChunkState.Succeeded, 1), TestData.Chunk(1, ChunkState.Failed, 1)));
        Assert.Superset(new HashSet<string> { "attempts", "chunks", "run_usage" }, await TablesWithRowsAsync(storage));

        await storage.ForgetAsync(run);
        await storage.Remover.CleanAsync(Cancellation);

        Assert.Empty(await TablesWithRowsAsync(storage));
    }

    [Fact]
    public void A_directory_without_a_database_is_explained()
    {
        using var directory = new TempDirectory();

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));

        Assert.Contains("dbatch run", problem, StringComparison.Ordinal);
        Assert.Contains(directory.Path, problem, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public void A_file_that_is_no_database_is_explained()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory[TrackerDatabase.FileName], "this is no database, whatever its name says");

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));

        Assert.Contains("cannot be read", problem, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reader_does_not_migrate_an_old_database_and_says_what_does()
    {
        using var directory = new TempDirectory();
        await ExecuteAsync(directory, OldSchema.Version1);

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));

        Assert.Contains("has schema version 1. The next `dbatch run` or `dbatch serve` brings it to version 5.", problem, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_database_of_a_newer_program_is_refused_by_reader_and_writer()
    {
        using var directory = new TempDirectory();
        await using (await OpenAsync(directory, owned: false))
        {
        }

        await ExecuteAsync(directory, "INSERT INTO schema_version (version) VALUES (99)");

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));
        Assert.Contains("version 99", problem, StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<NewerSchemaException>(() => OpenAsync(directory, owned: false));
        Assert.Contains("version 99", refusal.Message, StringComparison.Ordinal);
    }

    // Whatever table is added later is looked at too.
    private static async Task<HashSet<string>> TablesWithRowsAsync(TestStorage storage)
    {
        await using var connection = await storage.Database.OpenAsync(Cancellation);
        var filled = new HashSet<string>();
        foreach (var table in await connection.ListAsync(
            "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c ON c.name = 'run_no' WHERE t.type = 'table' AND t.name <> 'runs'",
            reader => reader.GetString(0), Cancellation))
        {
            if ((await connection.ListAsync($"SELECT 1 FROM {table} LIMIT 1", reader => reader.GetInt64(0), Cancellation)).Count > 0)
                filled.Add(table);
        }

        return filled;
    }

    private protected override Task<TestStorage> OpenAsync() => OpenAsync(new TempDirectory(), owned: true);

    private protected override async Task<TestStorage> OpenOldAsync(string sql)
    {
        var directory = new TempDirectory();
        await ExecuteAsync(directory, sql);
        return await OpenAsync(directory, owned: true);
    }

    private static async Task ExecuteAsync(TempDirectory directory, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={directory[TrackerDatabase.FileName]};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static Task<TestStorage> OpenAsync(TempDirectory directory, bool owned) =>
        TestStorage.OpenAsync(new SqliteDatabase(TrackerDatabase.Schema, directory.Path), directory.Path, owned ? directory : null);
}
