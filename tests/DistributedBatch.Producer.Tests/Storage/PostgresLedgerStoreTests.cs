using DistributedBatch.Producer.Storage;
using DistributedBatch.Storage.Postgres;
using Npgsql;

namespace DistributedBatch.Producer.Tests.Storage;

public sealed class PostgresLedgerStoreTests(PostgresFixture postgres) : LedgerStoreConformance, IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private string database = "";

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_does_not_answer_is_named()
    {
        await using var store = Create("postgres://somebody@127.0.0.1:1/nowhere");

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("database nowhere on 127.0.0.1 cannot be reached", refusal.Message, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync() => database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override string OldSchema => """
        CREATE SCHEMA ledger;
        CREATE TABLE ledger.schema_version (version integer NOT NULL);
        INSERT INTO ledger.schema_version VALUES (1);
        CREATE TABLE ledger.run (
          key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, spec text NOT NULL, dataset text NOT NULL, columns text NOT NULL,
          submitted_at bigint NOT NULL, revision bigint NOT NULL, announced bigint NOT NULL, state text NOT NULL, reason text, finished_at bigint,
          total integer NOT NULL, pending integer NOT NULL, queued integer NOT NULL, running integer NOT NULL, succeeded integer NOT NULL,
          failed integer NOT NULL, cancelled integer NOT NULL, items_succeeded bigint NOT NULL);
        CREATE TABLE ledger.item_page (
          run bigint NOT NULL REFERENCES ledger.run (key), first bigint NOT NULL, items bytea NOT NULL, PRIMARY KEY (run, first));
        CREATE TABLE ledger.chunk (
          run bigint NOT NULL, idx integer NOT NULL, start bigint NOT NULL, count bigint NOT NULL, state text NOT NULL, attempts integer NOT NULL,
          failures integer NOT NULL, crashes integer NOT NULL, revision bigint NOT NULL, not_before bigint, host text, leased boolean NOT NULL,
          PRIMARY KEY (run, idx)) WITH (fillfactor = 50);
        """;

    private protected override string OldRows => """
        INSERT INTO ledger.run VALUES (DEFAULT, 'aaaaaaaaa1', '{"name":"old","dataset":{"kind":"range","total":2},"job":{"command":["prog"]}}', 'items', '[]', 1700000000000, 4, 3, 'running', NULL, NULL, 2, 0, 0, 1, 1, 0, 0, 1);
        INSERT INTO ledger.item_page VALUES (1, 0, convert_to('[["a"],["b"]]', 'UTF8'));
        INSERT INTO ledger.chunk VALUES (1, 0, 0, 1, 'succeeded', 1, 0, 0, 4, NULL, NULL, false), (1, 1, 1, 1, 'running', 1, 0, 1, 4, NULL, 'ada', true);
        """;

    private protected override string VersionTable => "ledger.schema_version";

    private protected override LedgerStore Create() => Create(database);

    private static LedgerStore Create(string address) => new(new PostgresDatabase(LedgerStore.Schema, address));

    private protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=False");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
