using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Tests.Api;

/// <summary>The other side of the bus: accepts every run with a program, and says what it was asked.</summary>
internal sealed class ScriptedProducer(IServiceProvider services) : IAnswer<SubmitRun, RunAnswer>, IAnswer<ChangeRun, RunAnswer>, IAnswer<ForgetRun, RunAnswer>
{
    public List<ChangeRun> Changes { get; } = [];

    public async Task<RunAnswer> AnswerAsync(SubmitRun request, CancellationToken cancellation)
    {
        if (request.Spec.Job.Command.Count == 0)
            return RunAnswer.Refused("The command is empty.", "The chunk size is 0.");
        var run = RunId.New();
        // The bus is built with its listeners, so a listener asks for it only when it speaks.
        await services.GetRequiredService<MessageBus>().PublishAsync(new RunSubmitted(run, Say.Noon, RunSummarySpec.From(request.Spec)), cancellation);
        return RunAnswer.Done(run);
    }

    public Task<RunAnswer> AnswerAsync(ForgetRun request, CancellationToken cancellation) => Task.FromResult(RunAnswer.Done(request.Run));

    public Task<RunAnswer> AnswerAsync(ChangeRun request, CancellationToken cancellation)
    {
        Changes.Add(request);
        return Task.FromResult(request.Action == RunAction.Retry ? RunAnswer.Refused("The run is not over.") : RunAnswer.Done(request.Run));
    }
}
