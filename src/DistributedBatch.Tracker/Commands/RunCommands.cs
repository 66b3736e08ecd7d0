using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Commands;

/// <summary>Requests to the producer. The methods that change something throw <see cref="RequestUnansweredException"/> when no producer answers in time.</summary>
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

    /// <summary>Checks that a producer answers and can use its ledger, by a change of a run that does not exist.</summary>
    /// <returns>What is wrong, in one or two sentences; null when nothing is.</returns>
    public async Task<string?> ProducerProblemAsync(CancellationToken cancellation)
    {
        var unknown = RunId.New();
        try
        {
            var answer = await bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(unknown, RunAction.Resume), PingTimeout, cancellation);
            return answer.Mistakes.FirstOrDefault(mistake => !mistake.Contains(unknown.Value, StringComparison.Ordinal));
        }
        catch (RequestUnansweredException failure)
        {
            return failure.Message;
        }
    }
}
