using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;

namespace DistributedBatch.Producer.Intake;

/// <summary>Takes the messages of hosts from the bus to the loop. A message about chunks is acknowledged after the ledger has committed it.</summary>
internal sealed class HostMessageIntake : IMessageHandler<IVersioned>
{
    private readonly LoopInbox inbox;
    private readonly bool queueSurvives;
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long committedReports;

    /// <summary>The intake.</summary>
    /// <param name="inbox">The way to the loop.</param>
    /// <param name="refusals">Tells of the messages that do not come here.</param>
    /// <param name="queueSurvives">Whether an unacknowledged message goes to the next producer.</param>
    public HostMessageIntake(LoopInbox inbox, MessageRefusals refusals, bool queueSurvives)
    {
        (this.inbox, this.queueSurvives) = (inbox, queueSurvives);
        refusals.Refused += HandleRefusal;
    }

    /// <summary>How many reports of attempts were committed.</summary>
    public long CommittedReports => Interlocked.Read(ref committedReports);

    /// <inheritdoc/>
    public async Task HandleAsync(IVersioned message, CancellationToken cancellation)
    {
        if (message is HostHeartbeat)
        {
            // A heartbeat that could not be handled is not worth a retry: the next one says more.
            inbox.Post(message);
        }
        else if (inbox.TrySend(message) is { } committed)
        {
            await committed.Task.WaitAsync(cancellation);
            Interlocked.Add(ref committedReports, message is AttemptReports reports ? reports.Reports.Count : 0);
        }
        else if (queueSurvives)
        {
            // The producer gave up on its ledger. Held until the queue is closed, the message goes to the next producer. Within one process there is no next
            // producer, and to hold the message would only delay the end.
            await closed.Task.WaitAsync(cancellation);
            throw new MessageReturnedException();
        }
    }

    /// <summary>The producer receives nothing more: the messages that are held go back to the queue.</summary>
    public void ReturnHeld() => closed.TrySetResult();

    private void HandleRefusal(object message, RefusalReason reason)
    {
        if (reason == RefusalReason.UnnamedSender && message is HostHeartbeat { Instance: { } instance, Host.Name: { } host })
            inbox.Post(new UnnamedHost(host, instance));
    }
}
