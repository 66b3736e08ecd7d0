using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// The programs that may run on this host, where its owner wrote a list. A name in the list is what this host finds under it, whatever <c>PATH</c> a job brings
/// along. An interpreter in the list runs every script there is; the list keeps honest people from mistakes and is no prison.
/// </summary>
internal sealed class AllowedPrograms
{
    private readonly HashSet<string>? paths;
    private readonly ProgramLookup lookup = new();

    /// <param name="programs">Names or paths; null allows everything.</param>
    public AllowedPrograms(IReadOnlyList<string>? programs)
    {
        if (programs is null)
            return;
        var search = Environment.GetEnvironmentVariable("PATH") ?? "";
        paths = [.. programs.Select(name => lookup.Find(name, search, "/").Program).OfType<string>().Select(RealPath)];
    }

    /// <summary>Why a start is refused; null when it is not, or when there is no such program, which the start itself says better.</summary>
    public string? Refusal(ProgramStart start)
    {
        if (paths is null)
            return null;
        var search = start.Environment.TryGetValue("PATH", out var path) ? path : "";
        return lookup.Find(start.Command[0], search, start.WorkingDirectory).Program is { } program && !paths.Contains(RealPath(program))
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
