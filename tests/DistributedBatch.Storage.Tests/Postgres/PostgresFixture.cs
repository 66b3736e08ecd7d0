using DistributedBatch.TestKit.Postgres;

namespace DistributedBatch.Storage.Tests.Postgres;

/// <summary>One server for all tests of a class. Each test has a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PrivatePostgres Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PrivatePostgres.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        Server.Dispose();
        return ValueTask.CompletedTask;
    }
}
