using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Outbox;

namespace DistributedBatch.Producer.Tests.Outbox;

public sealed class UpdateCoalescerTests
{
    private static readonly RunId First = RunId.New();
    private static readonly RunId Second = RunId.New();

    private readonly UpdateCoalescer updates = new();

    [Fact]
    public void A_chunk_that_changed_twice_is_published_once_with_its_last_state()
    {
        Add(First, 1, (7, ChunkState.Queued), (8, ChunkState.Queued));
        Add(First, 2, (7, ChunkState.Succeeded));

        var (change, _) = Assert.Single(updates.Take());
        Assert.Equal(2, change.Revision);
        Assert.Equal([(7, ChunkState.Succeeded), (8, ChunkState.Queued)], change.Chunks.Select(chunk => (chunk.Index, chunk.State)).Order());
    }

    [Fact]
    public void Each_run_has_its_own_message_in_the_order_of_the_first_changes()
    {
        Add(Second, 1, (0, ChunkState.Queued));
        Add(First, 1, (0, ChunkState.Queued));
        Add(Second, 2);

        Assert.Equal([(Second, 2), (First, 1)], updates.Take().Select(message => (message.Change.Run, message.Change.Revision)));
        Assert.Empty(updates.Take());
    }

    [Fact]
    public void A_revision_counts_as_published_after_the_last_of_its_messages()
    {
        Add(First, 1, [.. Enumerable.Range(0, UpdateCoalescer.MaxChunksPerMessage).Select(index => (index, ChunkState.Queued))]);
        Assert.True(updates.IsFull);
        Add(First, 2, (UpdateCoalescer.MaxChunksPerMessage, ChunkState.Queued));
        Add(Second, 1);

        var messages = updates.Take();

        Assert.Equal(
            [(First, 2, UpdateCoalescer.MaxChunksPerMessage, false), (First, 2, 1, true), (Second, 1, 0, true)],
            messages.Select(message => (message.Change.Run, (int)message.Change.Revision, message.Change.Chunks.Count, message.IsLast)));
        Assert.False(updates.IsFull);
    }

    [Fact]
    public void A_run_without_changed_chunks_is_published_too()
    {
        Add(First, 3);

        Assert.Empty(Assert.Single(updates.Take()).Change.Chunks);
    }

    private void Add(RunId run, long revision, params (int Index, ChunkState State)[] chunks) => updates.Add(new RunChanged
    {
        Run = run,
        Revision = revision,
        State = RunState.Running,
        Counts = new ChunkCounts(),
        ItemsSucceeded = 0,
        At = DateTimeOffset.UnixEpoch,
        SubmittedAt = DateTimeOffset.UnixEpoch,
        Chunks = [.. chunks.Select(chunk => new ChunkChange(chunk.Index, chunk.Index, 1, chunk.State, 1, revision))],
    });
}
