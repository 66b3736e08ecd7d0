namespace DistributedBatch.Tracker.Storage;

/// <summary>Work that is committed as a whole.</summary>
internal static class WriteTransactions
{
    /// <summary>Runs <paramref name="work"/> in a transaction. After a failure the connection must be disposed of, which takes everything back.</summary>
    public static async Task InTransactionAsync(this IWriteConnection writer, Func<Task> work, CancellationToken cancellation)
    {
        await writer.BeginAsync(cancellation);
        await work();
        await writer.CommitAsync(cancellation);
    }
}
