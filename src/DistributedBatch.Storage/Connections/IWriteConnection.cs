namespace DistributedBatch.Storage.Connections;

/// <summary>
/// The connection of the writer. Both kinds of database take the same statements, with arguments <c>$1</c>, <c>$2</c>, …. They differ in what makes many rows fast:
/// SQLite steps one prepared statement, PostgreSQL takes many rows in one round trip.
/// </summary>
public interface IWriteConnection : IAsyncDisposable
{
    /// <summary>Begins a transaction.</summary>
    Task BeginAsync(CancellationToken cancellation);

    /// <summary>Commits the transaction.</summary>
    Task CommitAsync(CancellationToken cancellation);

    /// <summary>Rolls back the transaction after a failure.</summary>
    /// <returns>False when the connection is unusable and must be disposed.</returns>
    ValueTask<bool> TryRollBackAsync();

    /// <summary>Runs one statement for each row of arguments.</summary>
    /// <returns>For each row, whether it changed anything.</returns>
    Task<IReadOnlyList<bool>> RunAsync(string sql, IReadOnlyList<object?[]> rows, CancellationToken cancellation);

    /// <summary>The first column of the first row; null when there is none.</summary>
    Task<object?> ScalarAsync(string sql, object?[] arguments, CancellationToken cancellation);

    /// <summary>Runs all statements in a transaction of their own. PostgreSQL needs one round trip for it.</summary>
    Task ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation);
}
