using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks;

/// <summary>What every chunk queue does, whatever it is made of.</summary>
public abstract class ChunkQueueConformance : IAsyncLifetime
{
    private MessagingHost? messaging;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private MessagingHost Queue => messaging!;

    public async ValueTask InitializeAsync() => messaging = (MessagingHost)await StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_published_chunk_arrives_as_it_was()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var chunk = Sample.Chunk(7) with { Count = 2, Items = [["a", "b"], ["c\n", "d"]], Columns = ["x", "y"], TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
        await Queue.Publisher.PublishAsync(chunk, cancellation);
        await using var buffer = Open("one");

        var delivery = await buffer.ReceiveAsync(cancellation);

        Assert.Equivalent(chunk, delivery.Chunk, strict: true);
        Assert.False(delivery.Lost.IsCancellationRequested);
        await delivery.AcknowledgeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Chunks_of_one_class_come_in_order_to_a_single_slot()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Queue.PublishAsync(Enumerable.Range(0, 20).Select(index => Sample.Chunk(index)), cancellation);
        await using var buffer = Open("one");
        List<int> seen = [];
        for (var n = 0; n < 20; n++)
        {
            var delivery = await buffer.ReceiveAsync(cancellation);
            seen.Add(delivery.Chunk.Index);
            await delivery.AcknowledgeAsync();
        }

        Assert.Equal(Enumerable.Range(0, 20), seen);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_chunk_goes_to_one_host_only()
    {
        var cancellation = TestContext.Current.CancellationToken;
        const int Chunks = 60;
        await using var left = Open("left");
        await using var right = Open("right");
        await Queue.PublishAsync(Enumerable.Range(0, Chunks).Select(index => Sample.Chunk(index)), cancellation);
        var seen = new System.Collections.Concurrent.ConcurrentBag<int>();
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        await Task.WhenAll(WorkAsync(left), WorkAsync(right));

        Assert.Equal(Enumerable.Range(0, Chunks), seen.Order());

        async Task WorkAsync(IChunkBuffer buffer)
        {
            try
            {
                while (true)
                {
                    var delivery = await buffer.ReceiveAsync(all.Token);
                    await delivery.AcknowledgeAsync();
                    seen.Add(delivery.Chunk.Index);
                    if (seen.Count >= Chunks)
                        await all.CancelAsync();
                }
            }
            catch (OperationCanceledException)
            {
                Assert.True(seen.Count >= Chunks);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_gpu_chunk_does_not_reach_a_slot_without_a_gpu()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var cpu = Open("cpu");
        await using var gpu = Open("gpu", ResourceClass.Gpu);
        await Queue.Publisher.PublishAsync(Sample.Chunk(0, gpus: 1), cancellation);
        await Queue.Publisher.PublishAsync(Sample.Chunk(1), cancellation);

        Assert.Equal(1, (await cpu.ReceiveAsync(cancellation)).Chunk.Index);
        Assert.Equal(0, (await gpu.ReceiveAsync(cancellation)).Chunk.Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_settled_chunk_does_not_come_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Queue.Publisher.PublishAsync(Sample.Chunk(0), cancellation);
        var first = Open("first");
        await (await first.ReceiveAsync(cancellation)).AcknowledgeAsync();
        await first.DisposeAsync();
        await Queue.Publisher.PublishAsync(Sample.Chunk(1), cancellation);

        await using var second = Open("second");

        Assert.Equal(1, (await second.ReceiveAsync(cancellation)).Chunk.Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_wait_loses_no_chunk()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var buffer = Open("one");
        using (var impatient = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
        {
            var wait = buffer.ReceiveAsync(impatient.Token);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await wait);
        }

        await Queue.Publisher.PublishAsync(Sample.Chunk(5), cancellation);

        Assert.Equal(5, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
    }

    /// <summary>Starts the queue under test: a <see cref="MessagingHost"/>.</summary>
    protected abstract Task<object> StartAsync(CancellationToken cancellation);

    private IChunkBuffer Open(string host, string resourceClass = ResourceClass.Cpu)
    {
        var buffer = Queue.Source.Open(host, resourceClass);
        buffer.Slots = 1;
        return buffer;
    }
}
