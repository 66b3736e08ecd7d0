using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Offers the warm runner of a run where one was chosen.</summary>
internal sealed class WarmSource(WarmStart warm) : IRunnerSource
{
    /// <inheritdoc/>
    public ValueTask<ChosenRunner?> ForAsync(RunId run, JobSpec job, ProgramStart start)
    {
        if (job.Warm == WarmMode.Off)
            return default;
        var choice = warm.ChooseAsync(run, job, start);
        return choice.IsCompletedSuccessfully ? new ValueTask<ChosenRunner?>(Chosen(choice.Result)) : WaitAsync(choice);
    }

    private static async ValueTask<ChosenRunner?> WaitAsync(ValueTask<WarmChoice> choice) => Chosen(await choice);

    private static ChosenRunner Chosen(WarmChoice choice) => new ChosenRunner(choice.Runner, choice.Mode);
}
