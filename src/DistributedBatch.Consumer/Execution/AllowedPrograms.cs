using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// The programs that may run on this host, where its owner gave a list (<c>--allow-programs</c>). A name in the list means the file that this host
/// finds for it, whatever <c>PATH</c> a job sets. An interpreter in the list can run any script: the list prevents mistakes, not attacks.
/// </summary>
internal sealed class AllowedPrograms
{
    private readonly HashSet<string>? paths;
    private readonly ProgramLookup lookup = new();

    /// <param name="programs">Names or paths; null allows all programs.</param>
    public AllowedPrograms(IReadOnlyList<string>? programs)
    {
        if (programs is null)
            return;
        var searchPath = Environment.GetEnvironmentVariable("PATH") ?? "";
        paths = [.. programs.Select(name => lookup.Find(name, searchPath, "/").Program).OfType<string>().Select(RealPath)];
    }

    /// <summary>Why a start is refused; null when it is allowed. A missing program is not refused here, because the start reports it better.</summary>
    public string? Refusal(ProgramStart start)
    {
        if (paths is null)
            return null;
        var searchPath = start.Environment.TryGetValue("PATH", out var path) ? path : "";
        return lookup.Find(start.Command[0], searchPath, start.WorkingDirectory).Program is { } program && !paths.Contains(RealPath(program))
            ? $"'{start.Command[0]}' is not among the programs that this host's owner allows (--allow-programs)."
            : null;
    }

    private static string RealPath(string path)
    {
        try
        {
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }
}
