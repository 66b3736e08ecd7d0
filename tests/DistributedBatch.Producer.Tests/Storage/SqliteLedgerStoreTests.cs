using DistributedBatch.Producer.Storage;
using DistributedBatch.Producer.Storage.Sqlite;
using DistributedBatch.TestKit.Files;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Producer.Tests.Storage;

public sealed class SqliteLedgerStoreTests : LedgerStoreConformance, IDisposable
{
    private readonly TempDirectory directory = new();

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_is_no_ledger_is_refused_with_a_sentence()
    {
        directory.Write("ledger.db", new string('x', 5_000));
        await using var store = Create();

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("damaged or not a ledger", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_cannot_be_made_is_refused_with_a_sentence()
    {
        await using var store = new SqliteLedgerStore(Path.Combine(directory.Write("file", ""), "below"));

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("file/below/ledger.db cannot be", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => directory.Dispose();

    private protected override ILedgerStore Create() => new SqliteLedgerStore(directory.Path);

    private protected override async Task SetVersionAsync(int version)
    {
        await using var connection = new SqliteConnection($"Data Source={directory["ledger.db"]};Pooling=False");
        await connection.OpenAsync();
        await using var update = connection.CreateCommand();
        update.CommandText = $"UPDATE schema_version SET version = {version}";
        await update.ExecuteNonQueryAsync();
    }
}
