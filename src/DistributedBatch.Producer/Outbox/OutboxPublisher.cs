using System.Threading.Channels;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Inbox;

namespace DistributedBatch.Producer.Outbox;

/// <summary>
/// Publishes what was committed, in order, beside the loop, and tries again until it succeeds. Changes of a running run wait a moment for more. The
/// store keeps up to which revision a run was published, so that the next producer publishes the rest.
/// </summary>
internal sealed partial class OutboxPublisher(MessageBus bus, LoopInbox inbox, TimeProvider time, ILogger<OutboxPublisher> log) : IDisposable
{
    private const string NoHost = "no host";

    private const int Capacity = 256;

    /// <summary>
    /// How long changes of running runs wait for more, because a message has a cost whatever it says. As long as reports wait on a host, and too
    /// short for people to notice. All other changes are published at once.
    /// </summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // While the bus is away the loop waits for room here, so that memory does not grow.
    private readonly Channel<OutboxMessage> queue = Channel.CreateBounded<OutboxMessage>(Capacity);
    private readonly AsyncAutoResetEvent flush = new();

    /// <summary>Queues the change of a run. When all of it is published, the loop gets <see cref="RevisionPublished"/>.</summary>
    public async ValueTask PublishAsync(RunChanged change, CancellationToken cancellation)
    {
        await queue.Writer.WriteAsync(new OutboxMessage.Update(change), cancellation);
        if (change.State != RunState.Running || queue.Reader.Count > Capacity / 2)
            flush.Set();
    }

    /// <summary>Queues the acceptance of a run.</summary>
    public ValueTask PublishAsync(RunSubmitted submitted, CancellationToken cancellation) => PublishSingleAsync(submitted, cancellation);

    /// <summary>Queues a message to all hosts about a run.</summary>
    public ValueTask PublishAsync(RunControlMessage control, CancellationToken cancellation) => PublishSingleAsync(control, cancellation);

    /// <summary>Queues a message to all hosts about one of them.</summary>
    public ValueTask PublishAsync(HostControlMessage control, CancellationToken cancellation) => PublishSingleAsync(control, cancellation);

    /// <summary>Queues a report on a dead-lettered chunk, which no host could report. People find the reason where they look for it.</summary>
    public ValueTask PublishAsync(ChunkDead dead, ChunkRange range, CancellationToken cancellation)
    {
        return PublishAsync(new AttemptReport
        {
            Run = dead.Run,
            Index = dead.Index,
            Start = range.Start,
            Count = range.Count,
            Attempt = dead.Attempt,
            Host = NoHost,
            Slot = 0,
            StartedAt = dead.At,
            Outcome = AttemptOutcome.NotStarted,
            Error = $"The chunk was put aside: {dead.Reason}.",
        }, cancellation);
    }

    /// <summary>Queues a report on an attempt that its host cannot report any more.</summary>
    public ValueTask PublishAsync(AttemptReport report, CancellationToken cancellation) =>
        PublishSingleAsync(new AttemptReports(NoHost, [report]), cancellation);

    /// <summary>Nothing more will come; <see cref="RunAsync"/> ends when the rest is published.</summary>
    public void Complete()
    {
        queue.Writer.TryComplete();
        flush.Set();
    }

    /// <summary>Publishes until <see cref="Complete"/>. After <paramref name="stop"/> the rest is left to the next producer.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var updates = new UpdateCoalescer();
        while (await queue.Reader.WaitToReadAsync(stop))
        {
            await flush.WaitAsync(Linger, stop);
            while (queue.Reader.TryRead(out var next))
            {
                if (next is OutboxMessage.Update(var change))
                    updates.Add(change);
                if (next is OutboxMessage.Single || updates.IsFull)
                    await PublishAsync(updates, stop);
                if (next is OutboxMessage.Single(var publish))
                    await RetryAsync(publish, stop);
            }

            await PublishAsync(updates, stop);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => flush.Dispose();

    private async ValueTask PublishSingleAsync<TMessage>(TMessage message, CancellationToken cancellation)
        where TMessage : class
    {
        await queue.Writer.WriteAsync(new OutboxMessage.Single(stop => bus.PublishAsync(message, stop)), cancellation);
        flush.Set();
    }

    private async Task PublishAsync(UpdateCoalescer updates, CancellationToken stop)
    {
        foreach (var (change, isLast) in updates.Take())
        {
            await RetryAsync(again => bus.PublishAsync(change, again), stop);
            if (isLast)
                inbox.Post(new RevisionPublished(change.Run, change.Revision));
        }
    }

    private async Task RetryAsync(Func<CancellationToken, Task> publish, CancellationToken stop)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await publish(stop);
                return;
            }
            catch (Exception failure) when (!stop.IsCancellationRequested)
            {
                LogNotPublished(failure.Message, tries);
                await Task.Delay(RetryDelay, time, stop);
            }
        }
    }

    [LoggerMessage(2004, LogLevel.Warning, "A message could not be published (try {Tries}): {Failure} The next try is in 1 s.")]
    private partial void LogNotPublished(string failure, int tries);
}
