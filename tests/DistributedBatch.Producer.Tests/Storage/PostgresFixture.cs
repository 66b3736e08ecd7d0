using DistributedBatch.TestKit.Postgres;

namespace DistributedBatch.Producer.Tests.Storage;

/// <summary>One server for all tests of a class; each test has a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PrivatePostgres Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PrivatePostgres.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        Server.Dispose();
        return ValueTask.CompletedTask;
    }
}
