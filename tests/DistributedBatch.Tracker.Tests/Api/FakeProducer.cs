using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Tests.Api;

/// <summary>A producer that accepts every run with a command, and records the requested changes.</summary>
internal sealed class FakeProducer(IServiceProvider services) :
    IRequestHandler<SubmitRun, RunCommandResult>, IRequestHandler<ChangeRun, RunCommandResult>, IRequestHandler<ForgetRun, RunCommandResult>
{
    public List<ChangeRun> Changes { get; } = [];

    public async Task<RunCommandResult> AnswerAsync(SubmitRun request, CancellationToken cancellation)
    {
        if (request.Spec.Job.Command.Count == 0)
            return RunCommandResult.Refused("The command is empty.", "The chunk size is 0.");
        var run = RunId.New();
        // The container builds the bus with its handlers, so a handler resolves the bus only when it publishes.
        await services.GetRequiredService<MessageBus>().PublishAsync(new RunSubmitted(run, TestData.Noon, RunSummarySpec.From(request.Spec)), cancellation);
        return RunCommandResult.Done(run);
    }

    public Task<RunCommandResult> AnswerAsync(ForgetRun request, CancellationToken cancellation) => Task.FromResult(RunCommandResult.Done(request.Run));

    public Task<RunCommandResult> AnswerAsync(ChangeRun request, CancellationToken cancellation)
    {
        Changes.Add(request);
        return Task.FromResult(request.Action == RunAction.Retry ? RunCommandResult.Refused("The run is not over.") : RunCommandResult.Done(request.Run));
    }
}
