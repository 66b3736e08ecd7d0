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

    [Fact]
    public void The_tracker_adds_its_schema_and_name_to_what_the_user_named()
    {
        var address = new NpgsqlConnectionStringBuilder(PostgresAddress.Read("postgres://ada:se%3Acret@head:5433/lab?sslmode=verify-full"));

        Assert.Equal(("head", 5433, "ada", "se:cret", "lab"), (address.Host, address.Port, address.Username, address.Password, address.Database));
        Assert.Equal((SslMode.VerifyFull, "tracker", "dbatch tracker"), (address.SslMode, address.SearchPath, address.ApplicationName));
        Assert.Equal("my-app", new NpgsqlConnectionStringBuilder(PostgresAddress.Read("postgres://head/lab?application_name=my-app")).ApplicationName);
    }

    private static async Task<StorageBench> OpenAsync(string database)
    {
        var bench = new StorageBench(new PostgresDialect(database), "/nonexistent");
        await bench.Store.PrepareAsync(Cancellation);
        return bench;
    }
}
