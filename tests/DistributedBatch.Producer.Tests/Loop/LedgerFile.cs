using DistributedBatch.TestKit.Files;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Producer.Tests.Loop;

internal static class LedgerFile
{
    /// <summary>Changes the ledger behind the producer's back: as a crash would leave it, or as a broken database.</summary>
    public static void ExecuteSql(this TempDirectory directory, string sql) => directory.QuerySql(sql);

    /// <summary>The first value of a query on the ledger.</summary>
    public static object? QuerySql(this TempDirectory directory, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={directory["ledger.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
