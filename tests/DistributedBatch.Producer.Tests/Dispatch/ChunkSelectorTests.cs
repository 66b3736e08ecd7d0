using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class ChunkSelectorTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly ChunkSelector selector = new(new DispatchWindow(new DispatchOptions()));
    private readonly Throughput throughput = new();
    private readonly List<ActiveRun> runs = [];

    [Theory]
    [InlineData(1_200, 1)]
    [InlineData(6_400, 1)]
    [InlineData(1_200, null)]
    [InlineData(6_400, null)]
    public void A_run_alone_fills_every_slot_and_has_a_next_chunk_for_each(int slots, int? chunkSize)
    {
        var run = Add(total: 100_000, chunkSize: chunkSize);

        Select(slots);

        Assert.InRange(run.Ledger.Outstanding, 2 * slots, 3 * slots);
    }

    [Theory]
    [InlineData(1_200)]
    [InlineData(6_400)]
    public void Every_chunk_that_ends_is_followed_by_another_one(int slots)
    {
        var run = Add(total: 100_000);
        Select(slots);

        for (var ended = 0; ended < 2 * slots; ended++)
        {
            Settle(run, ended);
            Select(slots);
            Assert.Equal(2 * slots, run.Ledger.Outstanding);
        }
    }

    [Theory]
    [InlineData(2, 1_004)]
    [InlineData(1_200, 3_600)]
    [InlineData(6_400, 19_200)]
    public void Short_chunks_are_selected_ahead_of_the_slots_within_a_bound_that_grows_with_the_slots(int slots, int chunks)
    {
        for (var settled = 0; settled < 100_000; settled++)
            throughput.Add(TimeSpan.FromMilliseconds(1), Now);
        var run = Add(total: 100_000);

        Select(slots);

        Assert.Equal(chunks, run.Ledger.Outstanding);
    }

    [Theory]
    [InlineData(1_200)]
    [InlineData(6_400)]
    public void A_run_that_comes_later_gets_the_next_chunks_until_it_has_its_share(int slots)
    {
        var first = Add(total: 100_000);
        Select(slots);
        var second = Add(total: 100_000);
        Select(slots);
        Assert.Equal(0, second.Ledger.Outstanding);

        for (var ended = 0; ended < slots; ended++)
            Settle(first, ended);
        Select(slots);

        Assert.Equal((slots, slots), (first.Ledger.Outstanding, second.Ledger.Outstanding));
    }

    [Fact]
    public void Before_the_first_heartbeat_only_a_few_chunks_are_selected()
    {
        var run = Add(total: 100_000);

        Select(slots: 0);

        Assert.Equal(DispatchWindow.Smallest, run.Ledger.Outstanding);
    }

    [Fact]
    public void Runs_of_another_class_are_left_out()
    {
        var run = Add(total: 10, gpus: 1);

        Select(slots: 8);

        Assert.Equal(0, run.Ledger.Outstanding);
    }

    private ActiveRun Add(long total, int? chunkSize = 1, int gpus = 0)
    {
        var spec = new RunSpec
        {
            Name = "test",
            Dataset = new RangeDataset(total),
            Job = new JobSpec { Command = ["true"], Gpus = gpus },
            ChunkSize = chunkSize,
        };
        var stored = StoredRun.New(RunId.New(), spec, Now, LedgerState.New);

        // A range has no items to read from a store.
        var run = new ActiveRun(stored, new RunLedger(RunLimits.From(spec), Now, () => 0.5), store: null!);
        runs.Add(run);
        return run;
    }

    private void Select(int slots)
    {
        var selected = new List<(ActiveRun Run, DispatchedChunk Chunk)>();
        do
        {
            selected.Clear();
            selector.Select(runs, ResourceClass.Cpu, slots, throughput, Now, selected);
        }
        while (selected.Count == ChunkSelector.MaxPerRound);
    }

    private static void Settle(ActiveRun run, int index)
    {
        var range = run.Ledger.RangeOf(index);
        var result = run.Ledger.Settle(
            new AttemptReport
            {
                Run = run.Id,
                Index = index,
                Start = range.Start,
                Count = range.Count,
                Attempt = 1,
                Host = "h",
                Slot = 0,
                StartedAt = Now,
                Outcome = AttemptOutcome.Succeeded,
                Duration = TimeSpan.FromMinutes(1),
            },
            Now);
        Assert.Equal(SettleResult.Succeeded, result);
    }
}
