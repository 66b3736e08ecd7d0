namespace DistributedBatch.Tracker.Storage;

/// <summary>
/// The writer's connection. Both databases understand the same statements (see <see cref="WriteSql"/>); they differ in how many rows are brought to them fast:
/// SQLite steps one prepared statement, PostgreSQL takes them in one round trip.
/// </summary>
internal interface IWriteConnection : IAsyncDisposable
{
    /// <summary>Brings the schema up to date.</summary>
    /// <exception cref="NewerSchemaException">The database was made by a newer program.</exception>
    Task MigrateAsync(CancellationToken cancellation);

    /// <summary>Begins the transaction of one batch.</summary>
    Task BeginAsync(CancellationToken cancellation);

    /// <summary>Commits it.</summary>
    Task CommitAsync(CancellationToken cancellation);

    /// <summary>Runs one statement for each row of arguments (<c>$1</c>, <c>$2</c>, …) and says which of them changed something.</summary>
    Task<IReadOnlyList<bool>> RunAsync(string sql, IReadOnlyList<object?[]> rows, CancellationToken cancellation);

    /// <summary>The first column of the first row, or null.</summary>
    Task<object?> ScalarAsync(string sql, object?[] arguments, CancellationToken cancellation);
}
