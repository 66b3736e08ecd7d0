using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class MergedNewsTests
{
    private static readonly RunId First = RunId.New();
    private static readonly RunId Second = RunId.New();

    private readonly UpdateCoalescer news = new();
    private readonly List<long> done = [];

    [Fact]
    public void A_chunk_that_changed_twice_is_told_once_as_it_is_now()
    {
        Add(First, 1, (7, ChunkState.Queued), (8, ChunkState.Queued));
        Add(First, 2, (7, ChunkState.Succeeded));

        var (fact, _) = Assert.Single(news.Take());
        Assert.Equal(2, fact.Revision);
        Assert.Equal([(7, ChunkState.Succeeded), (8, ChunkState.Queued)], fact.Chunks.Select(chunk => (chunk.Index, chunk.State)).Order());
    }

    [Fact]
    public void Runs_are_told_apart_in_the_order_in_which_they_came()
    {
        Add(Second, 1, (0, ChunkState.Queued));
        Add(First, 1, (0, ChunkState.Queued));
        Add(Second, 2);

        Assert.Equal([(Second, 2), (First, 1)], news.Take().Select(message => (message.Fact.Run, message.Fact.Revision)));
        Assert.Empty(news.Take());
    }

    [Fact]
    public void Everybody_who_waits_is_told_after_the_last_page()
    {
        Add(First, 1, [.. Enumerable.Range(0, UpdateCoalescer.MostChunksAMessage).Select(index => (index, ChunkState.Queued))]);
        Assert.True(news.IsLarge);
        Add(First, 2, (UpdateCoalescer.MostChunksAMessage, ChunkState.Queued));

        var messages = news.Take();

        Assert.Equal([UpdateCoalescer.MostChunksAMessage, 1], messages.Select(message => message.Fact.Chunks.Count));
        Assert.Empty(messages[0].Done);
        foreach (var tell in messages[1].Done)
            tell();
        Assert.Equal([1, 2], done);
        Assert.False(news.IsLarge);
    }

    [Fact]
    public void A_run_of_which_no_chunk_changed_is_told_of_all_the_same()
    {
        Add(First, 3);

        Assert.Empty(Assert.Single(news.Take()).Fact.Chunks);
    }

    private void Add(RunId run, long revision, params (int Index, ChunkState State)[] chunks) => news.Add(new OutboxMessage.Changed(
        new RunChanged
        {
            Run = run,
            Revision = revision,
            State = RunState.Running,
            Counts = new ChunkCounts(),
            ItemsSucceeded = 0,
            At = DateTimeOffset.UnixEpoch,
            SubmittedAt = DateTimeOffset.UnixEpoch,
            Chunks = [.. chunks.Select(chunk => new ChunkChange(chunk.Index, chunk.Index, 1, chunk.State, 1, revision))],
        },
        () => done.Add(revision)));
}
