namespace DistributedBatch.Storage.Connections;

/// <summary>
/// The one writer of a database in this process: one connection, one transaction at a time. A failed transaction is rolled back, and a broken connection is
/// opened again by the next transaction. All members may be used from any thread.
/// </summary>
public sealed class DatabaseWriter(IDatabase database) : IAsyncDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private IWriteConnection? connection;
    private bool isOpen;

    /// <summary>Opens the connection and brings the schema up to date.</summary>
    /// <returns>False when another process is the single writer.</returns>
    /// <exception cref="Schema.NewerSchemaException">A newer program wrote the database.</exception>
    public async ValueTask<bool> TryOpenAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            connection ??= await database.TryOpenWriteAsync(cancellation);
            return isOpen = connection is not null;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Runs <paramref name="work"/> in a transaction.</summary>
    /// <exception cref="WriterReplacedException">Another process became the single writer.</exception>
    public Task WriteAsync(Func<IWriteConnection, Task> work, CancellationToken cancellation) => UseAsync(
        async open =>
        {
            await open.BeginAsync(cancellation);
            await work(open);
            await open.CommitAsync(cancellation);
        },
        cancellation);

    /// <summary>Runs all statements in one transaction.</summary>
    /// <exception cref="WriterReplacedException">Another process became the single writer.</exception>
    public Task ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation) =>
        UseAsync(open => open.ExecuteAsync(statements, cancellation), cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        isOpen = false;
        if (connection is { } open)
            await open.DisposeAsync();
        connection = null;
    }

    private async Task UseAsync(Func<IWriteConnection, Task> work, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (!isOpen)
                throw new InvalidOperationException($"{database.Place} is not open for writing.");
            connection ??= await database.TryOpenWriteAsync(cancellation) ?? throw new WriterReplacedException(database.Place);
            await work(connection);
        }
        catch
        {
            if (connection is { } failed && !await failed.TryRollBackAsync())
            {
                connection = null;
                await failed.DisposeAsync();
            }

            throw;
        }
        finally
        {
            turn.Release();
        }
    }
}
