using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Ledger;

public sealed class ReadyQueueTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly ReadyQueue queue = new();

    [Fact]
    public void Chunks_without_a_delay_leave_in_the_order_in_which_they_came()
    {
        queue.Add(5, due: null);
        queue.Add(3, due: null);

        Assert.Equal([5, 3, null], Take(Now, 3));
    }

    [Fact]
    public void A_delayed_chunk_waits_until_it_is_due_and_then_goes_first()
    {
        queue.Add(1, Now.AddSeconds(2));
        queue.Add(2, Now.AddSeconds(1));
        Assert.Equal((Now.AddSeconds(1), Now.AddSeconds(2)), (queue.NextDue, queue.NotBefore(1)));
        Assert.False(queue.HasReady(Now));
        Assert.Equal([null], Take(Now, 1));

        queue.Add(3, due: null);

        Assert.Equal([2, 1, 3], Take(Now.AddSeconds(2), 3));
        Assert.Null(queue.NotBefore(1));
    }

    [Fact]
    public void An_emptied_queue_returns_all_its_chunks()
    {
        queue.Add(1, Now.AddSeconds(2));
        queue.Add(2, due: null);

        Assert.Equal([1, 2], queue.Clear().Order());
        Assert.Equal([null], Take(Now.AddHours(1), 1));
    }

    private List<int?> Take(DateTimeOffset now, int count) => [.. Enumerable.Range(0, count).Select(_ => queue.TryTake(now, out var index) ? index : null)];
}
