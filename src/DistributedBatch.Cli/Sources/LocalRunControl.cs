using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Sources;

/// <summary>
/// Steers a run that another <c>dbatch run</c> process works on: a file <c>control/RUN.ACTION.ID</c> in the state directory asks, the other process obeys
/// and leaves its answer in <c>control/RUN.ACTION.ID.answer</c>. A file and not a socket, because it needs no port, no name shorter than 108 bytes and no
/// clean-up after a crash.
/// </summary>
internal static class LocalRunControl
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks the process that holds the state directory, and waits until it has obeyed.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    /// <param name="run">The run.</param>
    /// <param name="action">What to do with it.</param>
    /// <param name="show">Reads the run.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RunCommandResult> ChangeAsync(
        string stateDirectory, RunId run, RunAction action, Func<Task<RunView?>> show, CancellationToken cancellation)
    {
        if (await OverAsync(action, show) is { } over)
            return IsOver(over);
        if (!Checks.StateDirectory.IsHeld(stateDirectory))
            return RunCommandResult.Refused($"No dbatch run works in {stateDirectory} at the moment. 'dbatch run --resume {run}' continues the run.");

        Directory.CreateDirectory(Control(stateDirectory));
        var request = Path.Combine(Control(stateDirectory), $"{run}.{action.ToText()}.{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(request, "", cancellation);
        try
        {
            return await AnswerAsync(request, run, action, show, cancellation)
                ?? RunCommandResult.Refused($"The dbatch run that works in {stateDirectory} did not answer. Is it stopped (Ctrl-Z)?");
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
            if (parts.Length == 3 && RunId.TryParse(parts[0], out var run) && EnumText.Parse<RunAction>(parts[1]) is { } action)
                yield return (run, action, file);
        }
    }

    /// <summary>Turns a request into its answer, in one step. Called by the process that holds the directory.</summary>
    public static void Answer(string request, RunCommandResult answer)
    {
        File.WriteAllText(request, JsonSerializer.Serialize(answer, ContractsJson.Default.RunCommandResult));
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
    private static async Task<RunCommandResult?> AnswerAsync(
        string request, RunId run, RunAction action, Func<Task<RunView?>> show, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += LookAgain)
        {
            if (File.Exists(AnswerTo(request)))
                return JsonSerializer.Deserialize(await File.ReadAllTextAsync(AnswerTo(request), cancellation), ContractsJson.Default.RunCommandResult);
            if (await OverAsync(action, show) is { } over)
                return action == RunAction.Cancel && over.State == RunState.Cancelled ? RunCommandResult.Done(run) : IsOver(over);
            await Task.Delay(LookAgain, cancellation);
        }

        return null;
    }

    /// <summary>The run where it is over, so that only a retry could do something with it; null otherwise.</summary>
    private static async Task<RunView?> OverAsync(RunAction action, Func<Task<RunView?>> show) =>
        action != RunAction.Retry && await show() is { } view && view.State.IsSettled() ? view : null;

    private static RunCommandResult IsOver(RunView view) => RunCommandResult.Refused($"Run {view.Name} ({view.Run}) is over: {view.State.ToText()}.");

    private static string Control(string stateDirectory) => Path.Combine(stateDirectory, "control");

    private static string AnswerTo(string request) => request + ".answer";
}
