using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Sources;

/// <summary>
/// Steers a run that another <c>dbatch run</c> process works on: a file <c>control/RUN.ACTION</c> in the state directory asks, the other process takes it
/// away and obeys. A file and not a socket, because it needs no port, no name shorter than 108 bytes and no clean-up after a crash.
/// </summary>
internal static class LocalSteering
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks the process that holds the state directory, and waits until it has obeyed.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    /// <param name="run">The run.</param>
    /// <param name="action">What to do with it.</param>
    /// <param name="show">Reads the run.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RunAnswer> ChangeAsync(
        string stateDirectory, RunId run, RunAction action, Func<Task<RunView?>> show, CancellationToken cancellation)
    {
        if (await show().ConfigureAwait(false) is { } view && view.State.IsSettled() && action != RunAction.Retry)
            return RunAnswer.Refused($"Run {view.Name} ({run}) is over: {view.State.Word()}.");
        if (!Checks.StateDirectory.IsHeld(stateDirectory))
            return RunAnswer.Refused($"No dbatch run works in {stateDirectory} at the moment. 'dbatch run --resume {run}' continues the run.");

        var request = Path.Combine(Directory.CreateDirectory(Path.Combine(stateDirectory, "control")).FullName, $"{run}.{action.Word()}");
        await File.WriteAllTextAsync(request, "", cancellation).ConfigureAwait(false);
        for (var waited = TimeSpan.Zero; waited < Patience; waited += LookAgain)
        {
            if (!File.Exists(request))
                return RunAnswer.Done(run);
            await Task.Delay(LookAgain, cancellation).ConfigureAwait(false);
        }

        File.Delete(request);
        return RunAnswer.Refused($"The dbatch run that works in {stateDirectory} did not answer. Is it stopped (Ctrl-Z)?");
    }

    /// <summary>What others asked for since the last call. Called by the process that holds the directory.</summary>
    public static IEnumerable<(RunId Run, RunAction Action, string Request)> Requests(string stateDirectory)
    {
        var control = Path.Combine(stateDirectory, "control");
        if (!Directory.Exists(control))
            yield break;
        foreach (var file in Directory.EnumerateFiles(control))
        {
            var parts = Path.GetFileName(file).Split('.');
            if (parts.Length == 2 && RunId.TryParse(parts[0], out var run) && Words.Parse<RunAction>(parts[1]) is { } action)
                yield return (run, action, file);
        }
    }
}
