using DistributedBatch.TestKit.Postgres;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>One server for all tests of the class.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public PrivatePostgres Postgres { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Postgres = await PrivatePostgres.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        Postgres.Dispose();
        return ValueTask.CompletedTask;
    }
}
