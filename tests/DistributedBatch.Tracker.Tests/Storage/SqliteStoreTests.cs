using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;
using DistributedBatch.Tracker.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Tracker.Tests.Storage;

public sealed class SqliteStoreTests : TrackerStoreConformance
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected override Task<StorageBench> OpenAsync() => OpenAsync(new TestDirectory(), owned: true);

    [Fact]
    public void Every_dialect_has_the_same_steps() =>
        Assert.All(["Sqlite", "Postgres"], dialect =>
            Assert.Equal(Enumerable.Range(1, (int)Migration.Newest).Select(version => (long)version), Migration.For(dialect).Select(step => step.Version)));

    [Fact(Timeout = 30_000)]
    public async Task A_database_is_read_by_others_while_its_writer_is_at_work()
    {
        using var directory = new TestDirectory();
        await using var bench = await OpenAsync(directory, owned: false);
        var run = RunId.New();
        await bench.CommitAsync(Say.Submitted(run));

        Assert.True(TrackerDatabase.TryOpenExisting(directory.Path, out var database, out var problem), problem);
        await using var _ = database;
        var queries = new RunQueries(database, TimeProvider.System);
        await bench.CommitAsync(Say.Changed(run, 1, RunState.Paused, new ChunkCounts(10, 10, 0, 0, 0, 0, 0)));

        Assert.Equal(RunState.Paused, (await queries.ShowAsync(run, Cancellation))!.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_database_whose_writer_has_gone_is_read_all_the_same()
    {
        using var directory = new TestDirectory();
        var run = RunId.New();
        await using (var bench = await OpenAsync(directory, owned: false))
            await bench.CommitAsync(Say.Submitted(run));

        Assert.True(TrackerDatabase.TryOpenExisting(directory.Path, out var database, out var problem), problem);
        await using var _ = database;
        Assert.Equal("digits", (await new RunQueries(database, TimeProvider.System).ShowAsync(run, Cancellation))!.Name);
    }

    [Fact(Timeout = 30_000)]
    public async Task No_table_keeps_a_row_of_a_run_that_was_removed()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run), Say.Reports(Say.Succeeded(run, 0, result: "1"), Say.Failed(run, 1)),
            Say.Changed(run, 1, RunState.Failed, new ChunkCounts(2, 0, 0, 0, 1, 1, 0), Say.Chunk(0, ChunkState.Succeeded, 1), Say.Chunk(1, ChunkState.Failed, 1)));
        Assert.Superset(new HashSet<string> { "attempts", "chunks", "run_usage" }, await TablesWithRowsAsync(bench));

        await bench.ForgetAsync(run);
        await bench.Remover.CleanAsync(Cancellation);

        Assert.Empty(await TablesWithRowsAsync(bench));
    }

    [Fact]
    public void A_directory_without_a_database_is_answered_with_a_sentence()
    {
        using var directory = new TestDirectory();

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));

        Assert.Contains("dbatch run", problem, StringComparison.Ordinal);
        Assert.Contains(directory.Path, problem, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public void A_file_that_is_no_database_is_answered_with_a_sentence()
    {
        using var directory = new TestDirectory();
        File.WriteAllText(directory.File(TrackerDatabase.FileName), "this is no database, whatever its name says");

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));

        Assert.Contains("cannot be read", problem, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_database_of_a_newer_program_is_refused_by_reader_and_writer()
    {
        using var directory = new TestDirectory();
        await using (await OpenAsync(directory, owned: false))
        {
        }

        await using (var connection = new SqliteConnection($"Data Source={directory.File(TrackerDatabase.FileName)};Pooling=false"))
        {
            await connection.OpenAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO schema_version (version) VALUES (99)";
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        Assert.False(TrackerDatabase.TryOpenExisting(directory.Path, out _, out var problem));
        Assert.Contains("version 99", problem, StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<NewerSchemaException>(() => OpenAsync(directory, owned: false));
        Assert.Contains("version 99", refusal.Message, StringComparison.Ordinal);
    }

    // Whatever table is added later is looked at too.
    private static async Task<HashSet<string>> TablesWithRowsAsync(StorageBench bench)
    {
        await using var connection = await bench.Database.OpenAsync(Cancellation);
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

    private static async Task<StorageBench> OpenAsync(TestDirectory directory, bool owned)
    {
        var bench = new StorageBench(new SqliteDialect(directory.File(TrackerDatabase.FileName)), directory.Path, owned ? directory : null);
        await bench.Store.PrepareAsync(Cancellation);
        return bench;
    }
}
