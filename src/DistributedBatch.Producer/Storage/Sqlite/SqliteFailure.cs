using Microsoft.Data.Sqlite;

namespace DistributedBatch.Producer.Storage.Sqlite;

/// <summary>Turns what SQLite and the file system report into a sentence that says what to do.</summary>
internal static class SqliteFailure
{
    /// <summary>Does <paramref name="work"/> and explains its failure.</summary>
    public static T Explain<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new LedgerException(Sentence(path, failure), failure);
        }
    }

    private static string Sentence(string path, Exception failure) => failure switch
    {
        // Result codes: sqlite.org/rescode.html
        SqliteException { SqliteErrorCode: 13 } => $"The disk is full, the ledger {path} cannot be written. Free some space.",
        SqliteException { SqliteErrorCode: 8 or 14 } or UnauthorizedAccessException =>
            $"The ledger {path} cannot be written. Check who owns the directory and whether it is mounted read-only, or choose another one.",
        SqliteException { SqliteErrorCode: 11 or 26 } =>
            $"The file {path} is damaged or not a ledger. Move it away to start anew; runs that were in it have to be submitted again.",
        SqliteException { SqliteErrorCode: 5 or 6 } =>
            $"The ledger {path} is held by another program, a database viewer perhaps. Close it.",
        IOException { HResult: 28 } => $"The disk is full, the ledger {path} cannot be written. Free some space.",
        _ => $"The ledger {path} cannot be used: {failure.Message}",
    };
}
