using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Tracker.Commands;

/// <summary>Whether a producer answers, for pages and commands that say why nothing happens. The answer is remembered for a while, because many may ask.</summary>
internal sealed class ProducerCheck(RunCommands commands, BrokerHealth broker, TimeProvider time)
{
    /// <summary>How long an answer is remembered. A producer that restarts is back sooner.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private Task<string?>? answer;
    private long askedAt;

    /// <summary>Why the producer dispatches nothing, as a sentence; null when it does, and while the broker has a problem of its own.</summary>
    public Task<string?> ProblemAsync()
    {
        lock (gate)
        {
            if (answer is null || (answer.IsCompleted && time.GetElapsedTime(askedAt) > Validity))
                (answer, askedAt) = (AskAsync(), time.GetTimestamp());
            return answer;
        }
    }

    private Task<string?> AskAsync() =>
        broker.Current is BrokerState.Connected ? commands.ProducerProblemAsync(CancellationToken.None) : Task.FromResult<string?>(null);
}
