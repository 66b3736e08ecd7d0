namespace DistributedBatch.Storage.Connections;

/// <summary>Turns a failure of the database into a sentence that says what to do.</summary>
public static class StorageFailureText
{
    /// <summary>The sentence for <paramref name="failure"/>; null when it did not come from the database.</summary>
    public static string? Explain(this IDatabase database, Exception failure)
    {
        var reason = failure.Message.TrimEnd('.');
        return database.Classify(failure) switch
        {
            null => null,
            StorageFailure.Busy => $"{database.Place} is locked by another program, perhaps a database viewer. Close that program.",
            StorageFailure.Full => $"The disk is full, {database.Place} cannot be written. Free some space.",
            StorageFailure.NotWritable =>
                $"{database.Place} cannot be written: {reason}. Check who owns it, whether it is read-only, or choose another place.",
            StorageFailure.Damaged =>
                $"{database.Place} is damaged or not a database. Restore it from a backup, or move it away to start with an empty one.",
            StorageFailure.Unreachable => $"{database.Place} cannot be reached: {reason}. Check that the database server runs.",
            _ => $"{database.Place} cannot be used: {reason}.",
        };
    }
}
