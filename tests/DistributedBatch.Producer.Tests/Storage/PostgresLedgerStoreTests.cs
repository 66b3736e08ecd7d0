using DistributedBatch.Producer.Storage;
using DistributedBatch.Producer.Storage.Postgres;
using Npgsql;

namespace DistributedBatch.Producer.Tests.Storage;

public sealed class PostgresLedgerStoreTests(PostgresFixture postgres) : LedgerStoreConformance, IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private string database = "";

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_is_not_there_is_named_in_a_sentence()
    {
        await using var store = new PostgresLedgerStore("postgres://somebody@127.0.0.1:1/nowhere");

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("database nowhere on 127.0.0.1", refusal.Message, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync() => database = await postgres.Server.CreateDatabaseAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override ILedgerStore Create() => new PostgresLedgerStore(database);

    private protected override async Task SetVersionAsync(int version)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=False");
        await connection.OpenAsync();
        await using var update = new NpgsqlCommand($"UPDATE ledger.schema_version SET version = {version}", connection);
        await update.ExecuteNonQueryAsync();
    }
}
