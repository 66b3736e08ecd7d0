using System.Threading.Channels;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>
/// Publishes what was committed, in order, beside the feed loop; news of a running run wait a moment for more. What could not be published is tried again until
/// it is; how far it came is kept with the run, so that a producer that died in between says it again.
/// </summary>
/// <param name="bus">Where facts go.</param>
/// <param name="time">For the pause between tries.</param>
/// <param name="log">Where failures are noted.</param>
internal sealed class OutboxPublisher(MessageBus bus, TimeProvider time, ILogger<OutboxPublisher> log) : IDisposable
{
    private const string Nowhere = "no host";

    /// <summary>
    /// How long news of running runs wait for more, because at low rates a message costs everybody more than what it says. As long as reports wait for each
    /// other, and less than people watching a run would notice; a run that does not run (any more) is told of at once.
    /// </summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(200);

    private const int Capacity = 256;

    // When the bus stands still the feed loop waits here, so that memory does not grow.
    private readonly Channel<OutboxMessage> queue = Channel.CreateBounded<OutboxMessage>(Capacity);
    private readonly AsyncAutoResetEvent hurry = new();

    /// <summary>Queues a run's news; <paramref name="done"/> is called when all of it is published.</summary>
    public async ValueTask ChangedAsync(RunChanged change, IReadOnlyList<ChunkChange> chunks, Action done, CancellationToken cancellation)
    {
        await queue.Writer.WriteAsync(new OutboxMessage.Changed(change with { Chunks = chunks }, done), cancellation);
        if (change.State != RunState.Running || queue.Reader.Count > Capacity / 2)
            hurry.Give();
    }

    /// <summary>Queues the fact that a run was accepted.</summary>
    public ValueTask SubmittedAsync(RunSubmitted fact, CancellationToken cancellation) =>
        SayAsync(fact, cancellation);

    /// <summary>Queues a word to all hosts.</summary>
    public ValueTask SteeredAsync(RunId run, RunState state, long revision, CancellationToken cancellation) =>
        SayAsync(new RunControlMessage(run, state, revision), cancellation);

    /// <summary>Queues a word to one host, which all of them hear.</summary>
    public ValueTask SteeredAsync(HostControlMessage told, CancellationToken cancellation) =>
        SayAsync(told, cancellation);

    /// <summary>Queues a report in place of the one that no host could make, so that people find the reason where they look for it.</summary>
    public ValueTask PutAsideAsync(ChunkDead dead, ChunkRange range, CancellationToken cancellation)
    {
        var report = new AttemptReport
        {
            Run = dead.Run,
            Index = dead.Index,
            Start = range.Start,
            Count = range.Count,
            Attempt = dead.Attempt,
            Host = Nowhere,
            Slot = 0,
            StartedAt = dead.At,
            Outcome = AttemptOutcome.NotStarted,
            Error = $"The chunk was put aside: {dead.Reason}.",
        };
        return SayAsync(new AttemptReports(Nowhere, [report]), cancellation);
    }

    /// <summary>Nothing more will come; <see cref="RunAsync"/> ends when the rest is published.</summary>
    public void Complete()
    {
        queue.Writer.TryComplete();
        hurry.Give();
    }

    /// <summary>Publishes until <see cref="Complete"/>, or until <paramref name="stop"/> says to leave the rest for the next start.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var news = new UpdateCoalescer();
        while (await queue.Reader.WaitToReadAsync(stop))
        {
            await hurry.PauseAsync(Linger, stop);
            while (queue.Reader.TryRead(out var next))
            {
                if (next is OutboxMessage.Changed changed)
                    news.Add(changed);
                if (next is OutboxMessage.Word || news.IsLarge)
                    await PublishAsync(news, stop);
                if (next is OutboxMessage.Word word)
                    await PublishAsync(word.Publish, stop);
            }

            await PublishAsync(news, stop);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => hurry.Dispose();

    private async ValueTask SayAsync<TMessage>(TMessage message, CancellationToken cancellation)
        where TMessage : class
    {
        await queue.Writer.WriteAsync(new OutboxMessage.Word(stop => bus.PublishAsync(message, stop)), cancellation);
        hurry.Give();
    }

    private async Task PublishAsync(UpdateCoalescer news, CancellationToken stop)
    {
        foreach (var (fact, done) in news.Take())
        {
            await PublishAsync(again => bus.PublishAsync(fact, again), stop);
            foreach (var tell in done)
                tell();
        }
    }

    private async Task PublishAsync(Func<CancellationToken, Task> publish, CancellationToken stop)
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
                ProducerLog.NotPublished(log, failure.Message, tries);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stop);
            }
        }
    }
}
