using DistributedBatch.Producer.Storage;
using DistributedBatch.Storage.Sqlite;
using DistributedBatch.TestKit.Files;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Producer.Tests.Storage;

public sealed class SqliteLedgerStoreTests : LedgerStoreConformance, IDisposable
{
    private readonly TempDirectory directory = new();

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_is_no_ledger_is_refused()
    {
        directory.Write("ledger.db", new string('x', 5_000));
        await using var store = Create();

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("ledger.db is damaged or not a database", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_cannot_be_created_is_refused()
    {
        await using var store = Create(Path.Combine(directory.Write("file", ""), "below"));

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("file/below/ledger.db cannot be", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => directory.Dispose();

    private protected override string OldSchema => """
        CREATE TABLE schema_version (version INTEGER NOT NULL);
        INSERT INTO schema_version VALUES (1);
        CREATE TABLE run (
          key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, dataset TEXT NOT NULL, columns TEXT NOT NULL,
          submitted_at INTEGER NOT NULL, revision INTEGER NOT NULL, announced INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, finished_at INTEGER,
          total INTEGER NOT NULL, pending INTEGER NOT NULL, queued INTEGER NOT NULL, running INTEGER NOT NULL, succeeded INTEGER NOT NULL,
          failed INTEGER NOT NULL, cancelled INTEGER NOT NULL, items_succeeded INTEGER NOT NULL);
        CREATE TABLE item_page (run INTEGER NOT NULL REFERENCES run (key), first INTEGER NOT NULL, items BLOB NOT NULL, PRIMARY KEY (run, first));
        CREATE TABLE chunk (
          run INTEGER NOT NULL, idx INTEGER NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
          failures INTEGER NOT NULL, crashes INTEGER NOT NULL, revision INTEGER NOT NULL, not_before INTEGER, host TEXT, leased INTEGER NOT NULL,
          PRIMARY KEY (run, idx)) WITHOUT ROWID;
        """;

    private protected override string OldRows => """
        INSERT INTO run VALUES (1, 'aaaaaaaaa1', '{"name":"old","dataset":{"kind":"range","total":2},"job":{"command":["prog"]}}', 'items', '[]', 1700000000000, 4, 3, 'running', NULL, NULL, 2, 0, 0, 1, 1, 0, 0, 1);
        INSERT INTO item_page VALUES (1, 0, CAST('[["a"],["b"]]' AS BLOB));
        INSERT INTO chunk VALUES (1, 0, 0, 1, 'succeeded', 1, 0, 0, 4, NULL, NULL, 0), (1, 1, 1, 1, 'running', 1, 0, 1, 4, NULL, 'ada', 1);
        """;

    private protected override string VersionTable => "schema_version";

    private protected override LedgerStore Create() => Create(directory.Path);

    private static LedgerStore Create(string path) => new(new SqliteDatabase(LedgerStore.Schema, path));

    private protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={directory["ledger.db"]};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
