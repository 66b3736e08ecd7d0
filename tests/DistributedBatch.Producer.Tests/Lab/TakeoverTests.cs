using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Storage;
using DistributedBatch.Producer.Tests.Loop;
using DistributedBatch.Producer.Tests.Storage;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Files;
using DistributedBatch.TestKit.Waiting;
using Npgsql;

namespace DistributedBatch.Producer.Tests.Lab;

/// <summary>Two producers share a ledger in PostgreSQL, and the active one loses its session.</summary>
public sealed class TakeoverTests(PrivateBroker broker, PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact(Timeout = 120_000)]
    public async Task A_producer_that_lost_its_ledger_to_the_standby_stops_soon_and_the_standby_hears_every_report()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var directory = new TempDirectory();
        var database = await postgres.Server.CreateDatabaseAsync(cancellation);
        var vhost = await broker.NewVhostAsync(cancellation);
        var first = await LabProducer.StartAsync(vhost, options => (options.DataDirectory, options.Database) = (directory.Path, database));
        await using var standby = await LabProducer.StartAsync(vhost, options => (options.DataDirectory, options.Database) = (directory.Path, database));
        var run = await first.SubmitAsync(EmbeddedProducer.Spec(500));
        await Eventually.HoldsAsync(
            "the standby has the ledger",
            async () =>
            {
                if (standby.Intake.Runs.Count == 0)
                    await TerminateWriterAsync(database);
                return standby.Intake.Runs.Count == 1;
            },
            cancellation);

        // Both receive from the producers' queue until the first one notices.
        await using var host = standby.StartHost();
        await Eventually.HoldsAsync("the first producer wants to end", () => first.Stopping.IsCancellationRequested, cancellation);
        var lost = await Assert.ThrowsAsync<LedgerException>(async () => await first.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), cancellation));

        Assert.True(lost.IsReplaced);
        Assert.Equal(RunState.Succeeded, await standby.Intake.WaitUntilSettledAsync(run, cancellation));
        Assert.Equal(500, standby.Intake.Runs.Single().Counts.Succeeded);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_run_is_accepted_after_the_database_was_restarted_while_the_producer_was_idle()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var directory = new TempDirectory();
        var database = await postgres.Server.CreateDatabaseAsync(cancellation);
        await using var producer = await LabProducer.StartAsync(
            await broker.NewVhostAsync(cancellation), options => (options.DataDirectory, options.Database) = (directory.Path, database));
        await TerminateWriterAsync(database);

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(5));

        await using var host = producer.StartHost();
        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, cancellation));
    }

    private static async Task TerminateWriterAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
