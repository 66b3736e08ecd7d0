using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Tests.Api;

/// <summary>The other side of the bus: accepts every run with a program, and says what it was asked.</summary>
internal sealed class ScriptedProducer(IServiceProvider services) : IRequestHandler<SubmitRun, RunCommandResult>, IRequestHandler<ChangeRun, RunCommandResult>, IRequestHandler<ForgetRun, RunCommandResult>
{
    public List<ChangeRun> Changes { get; } = [];

    public async Task<RunCommandResult> AnswerAsync(SubmitRun request, CancellationToken cancellation)
    {
        if (request.Spec.Job.Command.Count == 0)
            return RunCommandResult.Refused("The command is empty.", "The chunk size is 0.");
        var run = RunId.New();
        // The bus is built with its listeners, so a listener asks for it only when it speaks.
        await services.GetRequiredService<MessageBus>().PublishAsync(new RunSubmitted(run, Say.Noon, RunSummarySpec.From(request.Spec)), cancellation);
        return RunCommandResult.Done(run);
    }

    public Task<RunCommandResult> AnswerAsync(ForgetRun request, CancellationToken cancellation) => Task.FromResult(RunCommandResult.Done(request.Run));

    public Task<RunCommandResult> AnswerAsync(ChangeRun request, CancellationToken cancellation)
    {
        Changes.Add(request);
        return Task.FromResult(request.Action == RunAction.Retry ? RunCommandResult.Refused("The run is not over.") : RunCommandResult.Done(request.Run));
    }
}
