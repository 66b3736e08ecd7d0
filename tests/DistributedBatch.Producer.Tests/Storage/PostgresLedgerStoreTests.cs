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

    [Theory]
    [InlineData("postgres://ann:s%40crt@db.lab:6543/dbatch", "Host=db.lab;Port=6543;Username=ann;Password=s@crt;Database=dbatch")]
    [InlineData("postgresql://db/dbatch?sslmode=verify-full", "Host=db;Port=5432;Database=dbatch;SSL Mode=VerifyFull")]
    [InlineData("Host=/run/postgresql;Database=x", "Host=/run/postgresql;Database=x")]
    public void A_database_is_named_by_url_or_by_keywords(string given, string expected) => Assert.Equal(expected, PostgresUrl.ToConnectionString(given));

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
