using DistributedBatch.Contracts.Runs;
using DistributedBatch.Storage.Postgres;
using DistributedBatch.Tracker.Storage;
using Npgsql;

namespace DistributedBatch.Tracker.Tests.Storage;

public sealed class PostgresStoreTests(PostgresFixture server) : TrackerStoreConformance, IClassFixture<PostgresFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_lost_connection_costs_one_try_and_no_report()
    {
        var database = await server.Postgres.CreateDatabaseAsync(Cancellation);
        await using var storage = await OpenAsync(database);
        var run = RunId.New();
        await storage.CommitAsync(TestData.Submitted(run), TestData.Heartbeat("ada", TestData.Noon));
        await ExecuteAsync(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => storage.CommitAsync(TestData.Reports(TestData.Succeeded(run, 0))));
        await storage.CommitAsync(TestData.Reports(TestData.Succeeded(run, 0)));

        Assert.Equal(1, Assert.Single(await storage.Queries.HostsAsync(Cancellation)).Succeeded);
    }

    private protected override async Task<TestStorage> OpenAsync() => await OpenAsync(await server.Postgres.CreateDatabaseAsync(Cancellation));

    private protected override async Task<TestStorage> OpenOldAsync(string sql)
    {
        var database = await server.Postgres.CreateDatabaseAsync(Cancellation);
        await ExecuteAsync(database, $"CREATE SCHEMA tracker; SET search_path = tracker; {OldSchema.ForPostgres(sql)}");
        return await OpenAsync(database);
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static Task<TestStorage> OpenAsync(string database) =>
        TestStorage.OpenAsync(new PostgresDatabase(TrackerDatabase.Schema, database), "/nonexistent");
}
