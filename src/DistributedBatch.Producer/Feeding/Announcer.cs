using System.Threading.Channels;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Feeding;

/// <summary>
/// Publishes what was committed, in order, beside the feed loop. What could not be published is tried again until it is; how far it came is kept with the
/// run, so that a producer that died in between says it again.
/// </summary>
/// <param name="bus">Where facts go.</param>
/// <param name="time">For the pause between tries.</param>
/// <param name="log">Where failures are noted.</param>
internal sealed class Announcer(MessageBus bus, TimeProvider time, ILogger<Announcer> log)
{
    // A message of this many chunks stays well below what any broker minds.
    public const int MostChunksAMessage = 1000;

    private const string Nowhere = "no host";

    // When the bus stands still the feed loop waits here, so that memory does not grow.
    private readonly Channel<Func<CancellationToken, Task>> queue = Channel.CreateBounded<Func<CancellationToken, Task>>(256);

    /// <summary>Queues a run's news; <paramref name="done"/> is called when all of it is published.</summary>
    public async ValueTask ChangedAsync(RunChanged change, IReadOnlyList<ChunkChange> chunks, Action done, CancellationToken cancellation)
    {
        for (var from = 0; from == 0 || from < chunks.Count; from += MostChunksAMessage)
        {
            var page = chunks.Count <= MostChunksAMessage ? chunks : [.. chunks.Skip(from).Take(MostChunksAMessage)];
            var isLast = from + MostChunksAMessage >= chunks.Count;
            await queue.Writer.WriteAsync(
                async stop =>
                {
                    await bus.PublishAsync(change with { Chunks = page }, stop).ConfigureAwait(false);
                    if (isLast)
                        done();
                },
                cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Queues the fact that a run was accepted.</summary>
    public ValueTask SubmittedAsync(RunSubmitted fact, CancellationToken cancellation) =>
        queue.Writer.WriteAsync(stop => bus.PublishAsync(fact, stop), cancellation);

    /// <summary>Queues a word to all hosts.</summary>
    public ValueTask SteeredAsync(RunId run, RunState state, long revision, CancellationToken cancellation) =>
        queue.Writer.WriteAsync(stop => bus.PublishAsync(new RunSteered(run, state, revision), stop), cancellation);

    /// <summary>Queues a word to one host, which all of them hear.</summary>
    public ValueTask SteeredAsync(HostSteered told, CancellationToken cancellation) =>
        queue.Writer.WriteAsync(stop => bus.PublishAsync(told, stop), cancellation);

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
        return queue.Writer.WriteAsync(stop => bus.PublishAsync(new AttemptReports(Nowhere, [report]), stop), cancellation);
    }

    /// <summary>Nothing more will come; <see cref="RunAsync"/> ends when the rest is published.</summary>
    public void Complete() => queue.Writer.TryComplete();

    /// <summary>Publishes until <see cref="Complete"/>, or until <paramref name="stop"/> says to leave the rest for the next start.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await foreach (var publish in queue.Reader.ReadAllAsync(stop).ConfigureAwait(false))
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    await publish(stop).ConfigureAwait(false);
                    break;
                }
                catch (Exception failure) when (!stop.IsCancellationRequested)
                {
                    FeedLog.NotPublished(log, failure.Message, tries);
                    await Task.Delay(TimeSpan.FromSeconds(1), time, stop).ConfigureAwait(false);
                }
            }
        }
    }
}
