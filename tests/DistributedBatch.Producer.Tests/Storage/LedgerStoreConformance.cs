using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Tests.Storage;

/// <summary>What the ledger store does, on SQLite and on PostgreSQL.</summary>
public abstract class LedgerStoreConformance
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    [Fact(Timeout = 60_000)]
    public async Task A_run_is_read_back_as_it_was_added()
    {
        var run = Run(Spec(new RangeDataset(100, 7)) with { Weight = 3, MaxFailures = 2, Notify = new Uri("http://lab/hook") });
        await using (var store = await OpenAsync())
            await store.AddAsync(run, run.Spec.Dataset, TestContext.Current.CancellationToken);

        await using var again = await OpenAsync();
        var read = Assert.Single(await again.ReadRunsAsync(null, TestContext.Current.CancellationToken));

        Assert.Equal((run.Id, run.SubmittedAt, "range", 0L), (read.Id, read.SubmittedAt, read.DatasetKind, read.Announced));
        Assert.Equal((new RangeDataset(100, 7), 3, 2, run.Spec.Notify), (read.Spec.Dataset, read.Spec.Weight, read.Spec.MaxFailures, read.Spec.Notify));
        Assert.Equal(run.Spec.Job.Command, read.Spec.Job.Command);
    }

    [Fact(Timeout = 60_000)]
    public async Task Changes_are_read_back_in_index_order_with_the_last_word_on_each_chunk()
    {
        var run = Run(Spec(new RangeDataset(10)));
        var state = new LedgerState(2, RunState.Failed, new ChunkCounts(3, 0, 0, 1, 1, 1, 0), 4, Now.AddSeconds(5), "why", Reserved: 16);
        ChunkRow[] last =
        [
            new(new(0, 0, 4), ChunkState.Succeeded, 2, 1, 0, 2),
            new(new(1, 4, 4), ChunkState.Running, 1, 0, 1, 2, Host: "box", Leased: true),
            new(new(2, 8, 2), ChunkState.Pending, 3, 2, 1, 2, NotBefore: Now.AddSeconds(9)),
        ];
        await using (var store = await OpenAsync())
        {
            await store.AddAsync(run, run.Spec.Dataset, TestContext.Current.CancellationToken);
            ChunkRow[] first = [.. last.Reverse().Select(row => row with { State = ChunkState.Queued, Attempts = 1, Revision = 1, NotBefore = null })];
            await store.CommitAsync([new RunCommit(run.Id, new(state with { Revision = 1 }, first), 0)], TestContext.Current.CancellationToken);
            await store.CommitAsync([new RunCommit(run.Id, new(state, last), 1)], TestContext.Current.CancellationToken);
        }

        await using var again = await OpenAsync();
        var read = Assert.Single(await again.ReadRunsAsync(run.Id, TestContext.Current.CancellationToken));

        Assert.Equal((state, 1L), (read.State, read.Announced));
        Assert.Equal(last, await again.ReadChunksAsync(run.Id, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Runs_share_a_commit_and_keep_their_chunks_apart()
    {
        var (one, two) = (Run(Spec(new RangeDataset(1))), Run(Spec(new RangeDataset(1))));
        await using var store = await OpenAsync();
        await store.AddAsync(one, one.Spec.Dataset, TestContext.Current.CancellationToken);
        await store.AddAsync(two, two.Spec.Dataset, TestContext.Current.CancellationToken);

        await store.CommitAsync(
            [.. new[] { one, two }.Select((run, number) => new RunCommit(
                run.Id, new(LedgerState.New with { Revision = 1 }, [new(new(0, 0, 1), (ChunkState)number, 1, 0, 0, 1)]), 0))],
            TestContext.Current.CancellationToken);

        Assert.Equal([one.Id, two.Id], (await store.ReadRunsAsync(null, TestContext.Current.CancellationToken)).Select(run => run.Id));
        Assert.Equal(ChunkState.Pending, Assert.Single(await store.ReadChunksAsync(one.Id, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)).State);
        Assert.Equal(ChunkState.Queued, Assert.Single(await store.ReadChunksAsync(two.Id, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_are_read_by_range_across_pages()
    {
        string[] items = [.. Enumerable.Range(0, 3_500).Select(number => $"{number} 'quoted' \"twice\" \n ünï \\ {new string('x', number % 3 == 0 ? 400 : 1)}")];
        var spec = Spec(new ItemDataset(items));
        var run = Run(spec);
        await using var store = await OpenAsync();
        await store.AddAsync(run, spec.Dataset, TestContext.Current.CancellationToken);

        foreach (var (start, count) in ((int, int)[])[(0, 1), (999, 2), (1_000, 1_000), (0, 3_500), (3_499, 1)])
            await ExpectAsync(start, count);

        async Task ExpectAsync(int start, int count) =>
            Assert.Equal(items[start..(start + count)], (await store.ReadItemsAsync(run.Id, start, count, TestContext.Current.CancellationToken)).Select(Assert.Single));
    }

    [Fact(Timeout = 60_000)]
    public async Task Rows_of_a_table_keep_their_columns_and_the_run_keeps_none_of_the_rows()
    {
        var spec = Spec(new TableDataset(["a", "b"], [["1", ""], ["3", "4"]]));
        await using var store = await OpenAsync();
        var run = Run(spec);
        await store.AddAsync(run, spec.Dataset, TestContext.Current.CancellationToken);

        var read = Assert.Single(await store.ReadRunsAsync(null, TestContext.Current.CancellationToken));

        Assert.Equal((2L, "table"), (read.Spec.Dataset.Total, read.DatasetKind));
        Assert.Equal(["a", "b"], read.Columns);
        Assert.False(read.Spec.Dataset.HasItems);
        Assert.Equal(["1", "", "3", "4"], (await store.ReadItemsAsync(run.Id, 0, 2, TestContext.Current.CancellationToken)).SelectMany(row => row));
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_one_producer_has_a_ledger_open_and_the_next_one_gets_it_when_the_first_ends()
    {
        await using var second = Create();
        await using (await OpenAsync())
            Assert.False(await second.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.True(await second.TryOpenAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_ledger_of_a_newer_version_is_refused()
    {
        await using (await OpenAsync())
            await ExecuteAsync($"UPDATE {VersionTable} SET version = 99");
        await using var store = Create();

        var refusal = await Assert.ThrowsAsync<LedgerException>(async () => await store.TryOpenAsync(TestContext.Current.CancellationToken));

        Assert.Contains("has schema version 99, this program knows up to 2. Use the newer dbatch", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_removed_run_leaves_nothing_and_takes_nothing_of_another_along()
    {
        var (gone, kept) = (Run(Spec(new ItemDataset(["a", "b"]))), Run(Spec(new ItemDataset(["c"]))));
        await using var store = await OpenAsync();
        foreach (var run in new[] { gone, kept })
        {
            await store.AddAsync(run, run.Id == gone.Id ? new ItemDataset(["a", "b"]) : new ItemDataset(["c"]), TestContext.Current.CancellationToken);
            await store.CommitAsync(
                [new RunCommit(run.Id, new(LedgerState.New, [new ChunkRow(new(0, 0, 1), ChunkState.Succeeded, 1, 0, 0, 1)]), 0)], TestContext.Current.CancellationToken);
        }

        await store.RemoveAsync(gone.Id, TestContext.Current.CancellationToken);
        await store.RemoveAsync(gone.Id, TestContext.Current.CancellationToken);

        Assert.Equal(kept.Id, Assert.Single(await store.ReadRunsAsync(null, TestContext.Current.CancellationToken)).Id);
        Assert.Single(await store.ReadChunksAsync(kept.Id, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["c"], (await store.ReadItemsAsync(kept.Id, 0, 1, TestContext.Current.CancellationToken)).SelectMany(row => row));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_ledger_of_the_previous_program_is_read_and_continued()
    {
        var run = RunId.Parse("aaaaaaaaa1");
        await ExecuteAsync(OldSchema + OldRows);
        await using (var store = await OpenAsync())
        {
            var read = Assert.Single(await store.ReadRunsAsync(null, TestContext.Current.CancellationToken));
            Assert.Equal((run, "items", 4L, 3L), (read.Id, read.DatasetKind, read.State.Revision, read.Announced));
            Assert.Equal(new ChunkCounts(2, 0, 0, 1, 1, 0, 0), read.State.Counts);
            var chunk = (await store.ReadChunksAsync(run, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken))[1];
            Assert.Equal(new ChunkRow(new(1, 1, 1), ChunkState.Running, 1, 0, 1, 4, Host: "ada", Leased: true), chunk);

            await store.CommitAsync(
                [new RunCommit(run, new(read.State with { Revision = 5 }, [chunk with { State = ChunkState.Succeeded, Revision = 5 }]), 4)],
                TestContext.Current.CancellationToken);
            await store.AddAsync(Run(Spec(new RangeDataset(1))), new RangeDataset(1), TestContext.Current.CancellationToken);
        }

        await using var again = await OpenAsync();
        Assert.Equal(2, (await again.ReadRunsAsync(null, TestContext.Current.CancellationToken)).Count);
        Assert.Equal(5, Assert.Single(await again.ReadRunsAsync(run, TestContext.Current.CancellationToken)).State.Revision);
        Assert.Equal(["a", "b"], (await again.ReadItemsAsync(run, 0, 2, TestContext.Current.CancellationToken)).Select(Assert.Single));
        Assert.All(
            await again.ReadChunksAsync(run, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken),
            chunk => Assert.Equal(ChunkState.Succeeded, chunk.State));
    }

    [Fact]
    public void Both_kinds_of_database_have_the_same_migrations() => Assert.All(
        ["Sqlite", "Postgres"], dialect => Assert.Equal([1, 2], LedgerStore.Schema.Migrations(dialect).Select(migration => migration.Version)));

    /// <summary>The statements with which the previous program made its tables. They are written out, so that a changed migration fails a test.</summary>
    private protected abstract string OldSchema { get; }

    /// <summary>A run as the previous program wrote it.</summary>
    private protected abstract string OldRows { get; }

    private protected abstract string VersionTable { get; }

    private protected abstract LedgerStore Create();

    /// <summary>Runs a script in the database, past the store.</summary>
    private protected abstract Task ExecuteAsync(string sql);

    private static RunSpec Spec(Dataset dataset) => new() { Name = "run", Dataset = dataset, Job = new JobSpec { Command = ["prog", "{start}"] } };

    private static StoredRun Run(RunSpec spec) => StoredRun.New(RunId.New(), spec, Now, LedgerState.New);

    private async Task<LedgerStore> OpenAsync()
    {
        var store = Create();
        Assert.True(await store.TryOpenAsync(TestContext.Current.CancellationToken));
        return store;
    }
}
