using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Postgres;
using DistributedBatch.Storage.Schema;
using DistributedBatch.Storage.Tests.Connections;
using Npgsql;

namespace DistributedBatch.Storage.Tests.Postgres;

public sealed class PostgresDatabaseTests(PostgresFixture postgres) : DatabaseConformance, IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private string address = "";

    [Fact(Timeout = 60_000)]
    public async Task A_lost_connection_costs_one_transaction()
    {
        await using var database = Create(TestSchema.SingleWriter);
        await using var writer = await OpenAsync(database);
        await TerminateSessionsAsync();

        var failure = await Assert.ThrowsAnyAsync<NpgsqlException>(() => writer.ExecuteAsync([new(TestSchema.Insert, [[1, "lost", true]])], Cancellation));
        await writer.ExecuteAsync([new(TestSchema.Insert, [[2, "kept", true]])], Cancellation);

        Assert.Equal(StorageFailure.Unreachable, database.Classify(failure));
        Assert.Equal([2L], (await ThingsAsync(database)).Select(thing => thing.Key));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_single_writer_that_lost_its_session_cannot_write_once_another_took_over()
    {
        await using var first = Create(TestSchema.SingleWriter);
        await using var second = Create(TestSchema.SingleWriter);
        await using var writer = await OpenAsync(first);
        await TerminateSessionsAsync();
        await using var successor = await OpenAsync(second);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => writer.ExecuteAsync([new(TestSchema.Insert, [[1, "lost", true]])], Cancellation));
        var replaced = await Assert.ThrowsAsync<WriterReplacedException>(() => writer.ExecuteAsync([new(TestSchema.Insert, [[1, "lost", true]])], Cancellation));

        Assert.Contains("was taken over by another process", replaced.Message, StringComparison.Ordinal);
        Assert.Empty(await ThingsAsync(second));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_single_writer_that_was_replaced_never_writes_again_although_its_successor_has_ended()
    {
        await using var first = Create(TestSchema.SingleWriter);
        await using var writer = await OpenAsync(first);
        await TerminateSessionsAsync();
        await using (var second = Create(TestSchema.SingleWriter))
        await using (var successor = await OpenAsync(second))
            await successor.ExecuteAsync([new(TestSchema.Insert, [[1, "successor", true]])], Cancellation);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => writer.ExecuteAsync([new(TestSchema.Insert, [[2, "late", true]])], Cancellation));
        await Assert.ThrowsAsync<WriterReplacedException>(() => writer.ExecuteAsync([new(TestSchema.Insert, [[2, "late", true]])], Cancellation));
        await Assert.ThrowsAsync<WriterReplacedException>(
            () => writer.WriteAsync(connection => connection.RunAsync(TestSchema.Insert, [[2, "late", true]], Cancellation), Cancellation));

        Assert.Equal([1L], (await ThingsAsync(first)).Select(thing => thing.Key));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_single_writer_whose_lock_went_to_nobody_writes_on()
    {
        await using var database = Create(TestSchema.SingleWriter);
        await using var writer = await OpenAsync(database);

        for (var lost = 1; lost <= 2; lost++)
        {
            await TerminateSessionsAsync();
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => writer.ExecuteAsync([], Cancellation));
            await writer.WriteAsync(connection => connection.RunAsync(TestSchema.Insert, [[lost, "kept", true]], Cancellation), Cancellation);
        }

        Assert.Equal([1L, 2L], (await ThingsAsync(database)).Select(thing => thing.Key));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_standby_keeps_one_session()
    {
        await using var first = Create(TestSchema.SingleWriter);
        await using var second = Create(TestSchema.SingleWriter);
        await using var writer = await OpenAsync(first);
        await using var standby = new DatabaseWriter(second);

        for (var poll = 0; poll < 3; poll++)
            Assert.False(await standby.TryOpenAsync(Cancellation));

        await using var reader = await first.OpenReadAsync(Cancellation);
        Assert.Equal(
            [2L],
            await reader.ListAsync(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", row => row.GetInt64(0), Cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_does_not_answer_is_recognized()
    {
        await using var database = new PostgresDatabase(TestSchema.Shared, "postgres://somebody@127.0.0.1:1/nowhere");

        var failure = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await database.TryOpenWriteAsync(Cancellation));

        Assert.Equal(StorageFailure.Unreachable, database.Classify(failure));
        Assert.StartsWith("The schema things of PostgreSQL database nowhere on 127.0.0.1 cannot be reached: ", database.Explain(failure), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("53100", StorageFailure.Full)]
    [InlineData("25006", StorageFailure.NotWritable)]
    [InlineData("42501", StorageFailure.NotWritable)]
    [InlineData("55P03", StorageFailure.Busy)]
    [InlineData("57P01", StorageFailure.Unreachable)]
    [InlineData("57P03", StorageFailure.Unreachable)]
    [InlineData("XX001", StorageFailure.Damaged)]
    [InlineData("42P01", StorageFailure.Other)]
    public void Error_codes_are_classified(string code, StorageFailure expected) =>
        Assert.Equal(expected, Create(TestSchema.Shared).Classify(new PostgresException("message", "ERROR", "ERROR", code)));

    [Fact]
    public void The_address_gets_schema_and_name_and_the_writer_no_pool()
    {
        var named = new NpgsqlConnectionStringBuilder(
            new PostgresDatabase(TestSchema.Shared, "postgres://ada:se%3Acret@head:5433/lab?sslmode=verify-full").WriterAddress);

        Assert.Equal(("head", 5433, "ada", "se:cret", "lab"), (named.Host, named.Port, named.Username, named.Password, named.Database));
        Assert.Equal((SslMode.VerifyFull, "things", "dbatch things", false), (named.SslMode, named.SearchPath, named.ApplicationName, named.Pooling));
        Assert.Equal(
            "my-app", new NpgsqlConnectionStringBuilder(new PostgresDatabase(TestSchema.Shared, "postgres://head/lab?application_name=my-app").WriterAddress).ApplicationName);
    }

    public async ValueTask InitializeAsync() => address = await postgres.Server.CreateDatabaseAsync(Cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override IDatabase Create(DatabaseSchema schema) => new PostgresDatabase(schema, address);

    private async Task TerminateSessionsAsync()
    {
        await using var connection = new NpgsqlConnection(address + ";Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
