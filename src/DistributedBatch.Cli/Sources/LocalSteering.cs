using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Sources;

/// <summary>
/// Steers a run that another <c>dbatch run</c> process works on: a file <c>control/RUN.ACTION.ID</c> in the state directory asks, the other process obeys
/// and leaves its answer in <c>control/RUN.ACTION.ID.answer</c>. A file and not a socket, because it needs no port, no name shorter than 108 bytes and no
/// clean-up after a crash.
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
        if (await OverAsync(action, show).ConfigureAwait(false) is { } over)
            return IsOver(over);
        if (!Checks.StateDirectory.IsHeld(stateDirectory))
            return RunAnswer.Refused($"No dbatch run works in {stateDirectory} at the moment. 'dbatch run --resume {run}' continues the run.");

        Directory.CreateDirectory(Control(stateDirectory));
        var request = Path.Combine(Control(stateDirectory), $"{run}.{action.Word()}.{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(request, "", cancellation).ConfigureAwait(false);
        try
        {
            return await AnswerAsync(request, run, action, show, cancellation).ConfigureAwait(false)
                ?? RunAnswer.Refused($"The dbatch run that works in {stateDirectory} did not answer. Is it stopped (Ctrl-Z)?");
        }
        finally
        {
            File.Delete(request);
            File.Delete(AnswerTo(request));
        }
    }

    /// <summary>What others ask for and has no answer yet. Called by the process that holds the directory.</summary>
    public static IEnumerable<(RunId Run, RunAction Action, string Request)> Requests(string stateDirectory)
    {
        if (!Directory.Exists(Control(stateDirectory)))
            yield break;
        foreach (var file in Directory.EnumerateFiles(Control(stateDirectory)))
        {
            var parts = Path.GetFileName(file).Split('.');
            if (parts.Length == 3 && RunId.TryParse(parts[0], out var run) && Words.Parse<RunAction>(parts[1]) is { } action)
                yield return (run, action, file);
        }
    }

    /// <summary>Turns a request into its answer, in one step. Called by the process that holds the directory.</summary>
    public static void Answer(string request, RunAnswer answer)
    {
        File.WriteAllText(request, JsonSerializer.Serialize(answer, ContractsJson.Default.RunAnswer));
        File.Move(request, AnswerTo(request));
    }

    /// <summary>
    /// Drops what was asked of an earlier process: whoever asked that one to cancel did not mean the process that resumes the run. Called by the process
    /// that has just taken the directory.
    /// </summary>
    public static void Sweep(string stateDirectory)
    {
        if (Directory.Exists(Control(stateDirectory)))
            Directory.Delete(Control(stateDirectory), recursive: true);
    }

    /// <summary>Null when the other process says nothing. One that ends after it obeyed may be gone before it answers; then the run itself tells.</summary>
    private static async Task<RunAnswer?> AnswerAsync(
        string request, RunId run, RunAction action, Func<Task<RunView?>> show, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += LookAgain)
        {
            if (File.Exists(AnswerTo(request)))
                return JsonSerializer.Deserialize(await File.ReadAllTextAsync(AnswerTo(request), cancellation).ConfigureAwait(false), ContractsJson.Default.RunAnswer);
            if (await OverAsync(action, show).ConfigureAwait(false) is { } over)
                return action == RunAction.Cancel && over.State == RunState.Cancelled ? RunAnswer.Done(run) : IsOver(over);
            await Task.Delay(LookAgain, cancellation).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>The run where it is over, so that only a retry could do something with it; null otherwise.</summary>
    private static async Task<RunView?> OverAsync(RunAction action, Func<Task<RunView?>> show) =>
        action != RunAction.Retry && await show().ConfigureAwait(false) is { } view && view.State.IsSettled() ? view : null;

    private static RunAnswer IsOver(RunView view) => RunAnswer.Refused($"Run {view.Name} ({view.Run}) is over: {view.State.Word()}.");

    private static string Control(string stateDirectory) => Path.Combine(stateDirectory, "control");

    private static string AnswerTo(string request) => request + ".answer";
}
