using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Intake;

/// <summary>The door to the producer, for code in this process and for requests from the bus. Every answer is given after it was committed.</summary>
public sealed class RunIntake : IRequestHandler<SubmitRun, RunCommandResult>, IRequestHandler<ChangeRun, RunCommandResult>, IRequestHandler<ForgetRun, RunCommandResult>
{
    private readonly ProducerLoop loop;
    private readonly RunRegistry book;

    internal RunIntake(ProducerLoop loop, RunRegistry book) => (this.loop, this.book) = (loop, book);

    /// <summary>All runs in the ledger, the oldest first.</summary>
    public IReadOnlyList<RunOverview> Runs => [.. book.Overviews.Values.OrderBy(run => run.SubmittedAt)];

    /// <summary>
    /// Reports of attempts heard and committed since the start. Within one process what is still on the bus at the end is lost, so a stop waits until
    /// this is as many as the consumer published.
    /// </summary>
    public long ReportsHeard => loop.Heard;

    /// <summary>Accepts a run and starts to feed it.</summary>
    /// <returns>Its id, or every mistake in it at once.</returns>
    public Task<RunCommandResult> SubmitAsync(RunSpec spec, CancellationToken cancellation) =>
        AskAsync<RunCommandResult>(answer => new LoopMessage.Submit(spec, answer), cancellation);

    /// <summary>Steers a run. A run that was left alone when the producer started goes on when it is resumed.</summary>
    /// <returns>The run, or why it cannot be done.</returns>
    public Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation) =>
        AskAsync<RunCommandResult>(answer => new LoopMessage.Change(run, action, answer), cancellation);

    /// <summary>Drops a settled run and its chunks from the ledger for good.</summary>
    /// <returns>The run, or why it must stay. A run that is not known is forgotten already.</returns>
    public Task<RunCommandResult> ForgetAsync(RunId run, CancellationToken cancellation) =>
        AskAsync<RunCommandResult>(answer => new LoopMessage.Forget(run, answer), cancellation);

    /// <summary>Waits until every chunk of a run is in a final state.</summary>
    /// <returns>How the run ended.</returns>
    /// <exception cref="ArgumentException">There is no such run.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/>, or the producer was stopped before the run ended.</exception>
    /// <exception cref="Storage.LedgerException">The producer gave up because its ledger could not be kept.</exception>
    public Task<RunState> WaitUntilSettledAsync(RunId run, CancellationToken cancellation) => book.Overviews.ContainsKey(run)
        ? AskAsync<RunState>(settled => new LoopMessage.Watch(run, settled), cancellation)
        : throw new ArgumentException($"There is no run {run}.", nameof(run));

    /// <summary>
    /// Publishes all that is known of a run once more. Within one process the bus dies with the listeners, so after a crash what was published may be known to
    /// nobody; revisions make the repetition harmless. Does nothing when there is no such run.
    /// </summary>
    public Task AnnounceAgainAsync(RunId run, CancellationToken cancellation) =>
        AskAsync<bool>(done => new LoopMessage.AnnounceAgain(run, done), cancellation);

    /// <inheritdoc/>
    Task<RunCommandResult> IRequestHandler<SubmitRun, RunCommandResult>.AnswerAsync(SubmitRun request, CancellationToken cancellation) => request.Protocol > Protocol.Version
        ? Task.FromResult(TooNew(request.Protocol))
        : SubmitAsync(request.Spec, cancellation);

    /// <inheritdoc/>
    Task<RunCommandResult> IRequestHandler<ChangeRun, RunCommandResult>.AnswerAsync(ChangeRun request, CancellationToken cancellation) => request.Protocol > Protocol.Version
        ? Task.FromResult(TooNew(request.Protocol))
        : ChangeAsync(request.Run, request.Action, cancellation);

    /// <inheritdoc/>
    Task<RunCommandResult> IRequestHandler<ForgetRun, RunCommandResult>.AnswerAsync(ForgetRun request, CancellationToken cancellation) => request.Protocol > Protocol.Version
        ? Task.FromResult(TooNew(request.Protocol))
        : ForgetAsync(request.Run, cancellation);

    private static RunCommandResult TooNew(int protocol) => RunCommandResult.Refused(
        $"The request speaks protocol {protocol}, this producer speaks {Protocol.Version}; bring the producer to the version of the client.");

    private async Task<TAnswer> AskAsync<TAnswer>(Func<TaskCompletionSource<TAnswer>, LoopMessage> input, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!loop.Post(input(answer)))
            throw new OperationCanceledException("The producer has stopped.");
        return await answer.Task.WaitAsync(cancellation);
    }
}
