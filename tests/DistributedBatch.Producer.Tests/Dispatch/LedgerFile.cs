using DistributedBatch.TestKit.Files;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Producer.Tests.Dispatch;

internal static class LedgerFile
{
    /// <summary>Changes the ledger of a producer that is not running, as if it had died at some moment.</summary>
    public static void Forget(this TempDirectory directory, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={directory["ledger.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
