using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Cli.State;

/// <summary>
/// Requests to the process that holds a state directory. A request is the file <c>control/RUN.ACTION.ID</c>; the holder leaves its answer in
/// <c>control/RUN.ACTION.ID.answer</c>. Files need no port, no name shorter than 108 bytes and no clean-up after a crash, unlike a socket.
/// </summary>
internal static class ControlFiles
{
    /// <summary>Writes a request and gives its file.</summary>
    public static async Task<string> CreateAsync(string stateDirectory, RunId run, RunAction action, CancellationToken cancellation)
    {
        var directory = Directory.CreateDirectory(DirectoryOf(stateDirectory)).FullName;
        var request = Path.Combine(directory, $"{run}.{action.ToText()}.{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(request, "", cancellation);
        return request;
    }

    /// <summary>The requests without an answer. The holder of the directory calls this.</summary>
    public static IEnumerable<(RunId Run, RunAction Action, string Request)> Pending(string stateDirectory)
    {
        if (!Directory.Exists(DirectoryOf(stateDirectory)))
            yield break;
        foreach (var file in Directory.EnumerateFiles(DirectoryOf(stateDirectory)))
        {
            var parts = Path.GetFileName(file).Split('.');
            if (parts.Length == 3 && RunId.TryParse(parts[0], out var run) && EnumText.Parse<RunAction>(parts[1]) is { } action)
                yield return (run, action, file);
        }
    }

    /// <summary>Turns a request into its answer, in one step. The holder of the directory calls this.</summary>
    public static void Answer(string request, RunCommandResult answer)
    {
        File.WriteAllText(request, JsonSerializer.Serialize(answer, ContractsJson.Default.RunCommandResult));
        File.Move(request, AnswerTo(request));
    }

    /// <summary>The answer to a request; null while there is none.</summary>
    public static async Task<RunCommandResult?> ReadAnswerAsync(string request, CancellationToken cancellation) => File.Exists(AnswerTo(request))
        ? JsonSerializer.Deserialize(await File.ReadAllTextAsync(AnswerTo(request), cancellation), ContractsJson.Default.RunCommandResult)
        : null;

    /// <summary>Removes a request and its answer.</summary>
    public static void Delete(string request)
    {
        File.Delete(request);
        File.Delete(AnswerTo(request));
    }

    /// <summary>
    /// Removes the requests to an earlier holder: a user who cancelled that process did not mean the process that resumes the run. A new holder of the
    /// directory calls this first.
    /// </summary>
    public static void Clear(string stateDirectory)
    {
        if (Directory.Exists(DirectoryOf(stateDirectory)))
            Directory.Delete(DirectoryOf(stateDirectory), recursive: true);
    }

    private static string DirectoryOf(string stateDirectory) => Path.Combine(stateDirectory, "control");

    private static string AnswerTo(string request) => request + ".answer";
}
