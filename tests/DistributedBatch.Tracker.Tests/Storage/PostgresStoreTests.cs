using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Storage;
using DistributedBatch.Tracker.Storage.Postgres;
using Npgsql;

namespace DistributedBatch.Tracker.Tests.Storage;

public sealed class PostgresStoreTests(PostgresServer server) : TrackerStoreConformance, IClassFixture<PostgresServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected override async Task<StorageBench> OpenAsync() => await OpenAsync(await server.Postgres.CreateDatabaseAsync(Cancellation));

    [Fact(Timeout = 60_000)]
    public async Task A_database_of_a_newer_program_is_refused()
    {
        var database = await server.Postgres.CreateDatabaseAsync(Cancellation);
        await using (await OpenAsync(database))
        {
        }

        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using var command = source.CreateCommand("INSERT INTO tracker.schema_version (version) VALUES (99)");
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var refusal = await Assert.ThrowsAsync<NewerSchemaException>(() => OpenAsync(database));
        Assert.Contains("version 99", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lost_connection_costs_one_try_and_no_report()
    {
        var database = await server.Postgres.CreateDatabaseAsync(Cancellation);
        await using var bench = await OpenAsync(database);
        var run = RunId.New();
        await bench.CommitAsync(Say.Submitted(run), Say.Heartbeat("ada", Say.Noon));
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using var command = source.CreateCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => bench.CommitAsync(Say.Reports(Say.Succeeded(run, 0))));
        await bench.CommitAsync(Say.Reports(Say.Succeeded(run, 0)));

        Assert.Equal(1, Assert.Single(await bench.Queries.HostsAsync(Cancellation)).Succeeded);
    }

    [Theory]
    [InlineData("postgres://ada:se%3Acret@head:5433/lab?sslmode=verify-full", "head", 5433, "ada", "se:cret", "lab")]
    [InlineData("postgresql://head/lab", "head", 5432, null, null, "lab")]
    [InlineData("Host=head;Database=lab;Username=ada", "head", 5432, "ada", null, "lab")]
    public void A_database_may_be_named_in_two_ways(string name, string host, int port, string? user, string? password, string database)
    {
        var address = new NpgsqlConnectionStringBuilder(PostgresAddress.Read(name));

        Assert.Equal((host, port, user, password, database, "tracker"), (address.Host, address.Port, address.Username, address.Password, address.Database, address.SearchPath));
    }

    private static async Task<StorageBench> OpenAsync(string database)
    {
        var bench = new StorageBench(new PostgresDialect(database), "/nonexistent");
        await bench.Store.PrepareAsync(Cancellation);
        return bench;
    }
}
