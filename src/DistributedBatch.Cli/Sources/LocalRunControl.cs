using DistributedBatch.Cli.State;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Cli.Sources;

/// <summary>Cancels, pauses or resumes a run that another <c>dbatch run</c> process works on; see <see cref="ControlFiles"/>.</summary>
internal static class LocalRunControl
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends a request to the process that holds the state directory, and waits for its answer.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    /// <param name="run">The run.</param>
    /// <param name="action">What to do with the run.</param>
    /// <param name="show">Reads the run.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RunCommandResult> ChangeAsync(
        string stateDirectory, RunId run, RunAction action, Func<Task<RunView?>> show, CancellationToken cancellation)
    {
        if (await SettledAsync(action, show) is { } settled)
            return AlreadySettled(settled);
        if (!StateDirectory.IsHeld(stateDirectory))
            return RunCommandResult.Refused(CommandHint.Complete(
                $"No dbatch run is active in {stateDirectory}. 'dbatch run --resume {run}' continues the run.", StateDirectory.CommandOption(stateDirectory)));

        var request = await ControlFiles.CreateAsync(stateDirectory, run, action, cancellation);
        try
        {
            return await WaitForAnswerAsync(request, run, action, show, cancellation)
                ?? RunCommandResult.Refused($"The dbatch run in {stateDirectory} did not answer within {AnswerTimeout.TotalSeconds:0} s. Is it stopped (Ctrl-Z)?");
        }
        finally
        {
            ControlFiles.Delete(request);
        }
    }

    /// <summary>Null when no answer comes. A process may obey and end before it answers; then the run's own state is the answer.</summary>
    private static async Task<RunCommandResult?> WaitForAnswerAsync(
        string request, RunId run, RunAction action, Func<Task<RunView?>> show, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; waited < AnswerTimeout; waited += PollInterval)
        {
            if (await ControlFiles.ReadAnswerAsync(request, cancellation) is { } answer)
                return answer;
            if (await SettledAsync(action, show) is { } settled)
                return action == RunAction.Cancel && settled.State == RunState.Cancelled ? RunCommandResult.Done(run) : AlreadySettled(settled);
            await Task.Delay(PollInterval, cancellation);
        }

        return null;
    }

    /// <summary>The run when it is settled, so that only a retry could change it; null otherwise.</summary>
    private static async Task<RunView?> SettledAsync(RunAction action, Func<Task<RunView?>> show) =>
        action != RunAction.Retry && await show() is { } view && view.State.IsSettled() ? view : null;

    private static RunCommandResult AlreadySettled(RunView view) => RunCommandResult.Refused($"Run {view.Name} ({view.Run}) is over: {view.State.ToText()}.");
}
