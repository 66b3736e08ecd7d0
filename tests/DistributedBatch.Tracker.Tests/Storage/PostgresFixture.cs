using DistributedBatch.TestKit.Postgres;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>One server for all tests of a class.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PrivatePostgres Postgres { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Postgres = await PrivatePostgres.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        Postgres.Dispose();
        return ValueTask.CompletedTask;
    }
}
