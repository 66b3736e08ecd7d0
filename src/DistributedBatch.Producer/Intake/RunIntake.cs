using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Intake;

/// <summary>
/// What users can ask of the producer, from code in this process and by requests over the bus. Every answer is given after the commit.
/// </summary>
public sealed class RunIntake : IRequestHandler<IVersioned, RunCommandResult>
{
    private readonly LoopInbox inbox;
    private readonly RunRegistry runs;
    // A health check waits 5 s for its answer.
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromSeconds(1.5);
    private const int ChecksOfBegun = 3;

    private readonly HostMessageIntake hostMessages;
    private readonly LedgerHealth health;

    internal RunIntake(LoopInbox inbox, RunRegistry runs, HostMessageIntake hostMessages, LedgerHealth health) =>
        (this.inbox, this.runs, this.hostMessages, this.health) = (inbox, runs, hostMessages, health);

    /// <summary>All runs in the ledger, the oldest first.</summary>
    public IReadOnlyList<RunOverview> Runs => [.. runs.Overviews.Values.OrderBy(run => run.SubmittedAt)];

    /// <summary>
    /// Reports of attempts that were committed since the start. Within one process the bus dies with its messages, so a stop waits until this is as
    /// many as the consumer published.
    /// </summary>
    public long CommittedReports => hostMessages.CommittedReports;

    /// <summary>Submits a run.</summary>
    /// <returns>Its id, or every mistake in it at once.</returns>
    public Task<RunCommandResult> SubmitAsync(RunSpec spec, CancellationToken cancellation) =>
        inbox.AskAsync<RunCommandResult>(WithId(new SubmitRun(spec)), cancellation);

    /// <summary>
    /// Pauses, resumes, cancels or retries a run. A run that was not resumed when the producer started continues when it is resumed.
    /// </summary>
    /// <returns>The run, or why it cannot be done.</returns>
    public Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation) =>
        inbox.AskAsync<RunCommandResult>(new ChangeRun(run, action), cancellation);

    /// <summary>Removes a settled run and its chunks from the ledger.</summary>
    /// <returns>The run, or why it must stay. Nothing has to be done for an unknown run.</returns>
    public Task<RunCommandResult> ForgetAsync(RunId run, CancellationToken cancellation) =>
        inbox.AskAsync<RunCommandResult>(new ForgetRun(run), cancellation);

    /// <summary>Waits until every chunk of a run is in a final state.</summary>
    /// <returns>The final state of the run.</returns>
    /// <exception cref="ArgumentException">There is no such run.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/>, or the producer was stopped before the run ended.</exception>
    /// <exception cref="LedgerException">The producer gave up, because its ledger could not be written.</exception>
    public async Task<RunState> WaitUntilSettledAsync(RunId run, CancellationToken cancellation)
    {
        if (!runs.Overviews.ContainsKey(run))
            throw new ArgumentException($"There is no run {run}.", nameof(run));
        return await (await inbox.AskAsync<Task<RunState>>(new WaitForRun(run), cancellation)).WaitAsync(cancellation);
    }

    /// <summary>
    /// Publishes everything about a run once more; does nothing when there is no such run. Within one process the bus dies with its messages, so
    /// after a crash what was published may not have arrived anywhere. Revisions make the repetition harmless.
    /// </summary>
    public Task PublishAgainAsync(RunId run, CancellationToken cancellation) => inbox.AskAsync<object?>(new PublishRunAgain(run), cancellation);

    /// <inheritdoc/>
    async Task<RunCommandResult> IRequestHandler<IVersioned, RunCommandResult>.AnswerAsync(IVersioned request, CancellationToken cancellation)
    {
        if (request.Protocol > Protocol.Version)
        {
            return RunCommandResult.Refused(
                $"The request speaks protocol {request.Protocol}, this producer speaks {Protocol.Version}; "
                + "bring the producer to the version of the client.");
        }

        try
        {
            return await AnswerInTimeAsync(request, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Over the bus an exception would look like a producer that does not run.
            return RunCommandResult.Refused(
                failure is LedgerException ? $"{failure.Message} Nothing was changed; try again later." : $"The producer could not handle the request ({failure.Message}); its log says more.");
        }
    }

    // While the ledger cannot be used, the loop handles nothing. A client that gets no answer would not know whether its request is handled later.
    private async Task<RunCommandResult> AnswerInTimeAsync(IVersioned request, CancellationToken cancellation)
    {
        var reply = inbox.TrySend(request is SubmitRun submit ? WithId(submit) : request) ?? throw new OperationCanceledException("The producer has stopped.");
        for (var check = 1; ; check++)
        {
            await Task.WhenAny(reply.Task, Task.Delay(LedgerPatience, cancellation));
            cancellation.ThrowIfCancellationRequested();
            if (reply.Task.IsCompleted)
                return (RunCommandResult)(await reply.Task)!;
            if (health.Problem is not { } problem)
                continue;
            if (reply.TryTakeBack())
                return RunCommandResult.Refused($"{problem} Nothing was changed; try again later.");
            if (check >= ChecksOfBegun)
                return RunCommandResult.Refused($"{problem} The request was received and takes effect when the ledger can be used again.");
        }
    }

    // The id is chosen once, so that the run is added once however often that is tried.
    private static SubmitRun WithId(SubmitRun submit) =>
        submit.Spec is null or { Id: not null } ? submit : submit with { Spec = submit.Spec with { Id = RunId.New() } };
}
