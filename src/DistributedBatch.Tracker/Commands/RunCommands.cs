using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Commands;

/// <summary>Requests to the producer. Every method throws <see cref="RequestUnansweredException"/> when no producer answers in time.</summary>
internal sealed class RunCommands(MessageBus bus, CommandOptions options)
{
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Submits a run.</summary>
    public Task<RunCommandResult> SubmitAsync(RunSpec spec, CancellationToken cancellation) =>
        bus.RequestAsync<SubmitRun, RunCommandResult>(new SubmitRun(spec), options.ProducerTimeout, cancellation);

    /// <summary>Pauses, resumes, cancels or retries a run.</summary>
    public Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation) =>
        bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(run, action), options.ProducerTimeout, cancellation);

    /// <summary>Removes a settled run from the ledger.</summary>
    public Task<RunCommandResult> ForgetAsync(RunId run, CancellationToken cancellation) =>
        bus.RequestAsync<ForgetRun, RunCommandResult>(new ForgetRun(run), options.ProducerTimeout, cancellation);

    /// <summary>Checks that a producer answers, by a change of a run that does not exist.</summary>
    public Task PingAsync(CancellationToken cancellation) =>
        bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(RunId.New(), RunAction.Resume), PingTimeout, cancellation);
}
