using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// Finds the file that a command names, as a shell would. Explains in a sentence why a program cannot be started and what to do about it. Remembers
/// what it found.
/// </summary>
public sealed class ProgramLookup
{
    /// <summary>Where programs are searched when the environment has no <c>PATH</c>.</summary>
    public const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    private const int MaxRemembered = 1024;

    private readonly ConcurrentDictionary<(string Name, string Path, string Directory), string> found = new();

    /// <summary>The program's file, or why it cannot be run.</summary>
    /// <param name="name">First word of the command.</param>
    /// <param name="searchPath">Value of <c>PATH</c> in the program's environment; null when it has none.</param>
    /// <param name="directory">Working directory of the program; relative names start there.</param>
    public (string? Program, string? Error) Find(string name, string? searchPath, string directory)
    {
        var key = (name, searchPath ?? DefaultPath, directory);
        if (found.TryGetValue(key, out var known))
            return (known, null);
        var (program, error) = Search(name, key.Item2, directory);

        // A missing program is not remembered, because somebody may install it. The limit is for sweeps over many programs.
        if (program is not null && found.Count < MaxRemembered)
            found[key] = program;
        return (program, error);
    }

    /// <summary>Explains a start that failed although the program was found.</summary>
    /// <param name="program">The program's file.</param>
    /// <param name="start">The start.</param>
    /// <param name="cause">The system's error text.</param>
    public string ExplainFailure(string program, ProgramStart start, string cause)
    {
        ArgumentNullException.ThrowIfNull(start);
        found.Clear();
        var directory = start.WorkingDirectory;
        if (!Directory.Exists(directory))
            return $"The working directory '{directory}' does not exist on this host; create it or choose another with --cwd.";
        if (!File.Exists(program))
            return $"'{program}' was removed since it was found; install it again.";
        if (!IsExecutable(program))
            return $"'{program}' has no execute permission; run chmod +x '{program}'.";
        var interpreter = InterpreterOf(program);
        if (interpreter is { Length: 0 })
            return $"'{program}' is no program for this machine and names no interpreter; start it with an interpreter (python, sh), or give it a first line such as #!/bin/sh.";
        if (interpreter is not null && !File.Exists(interpreter))
            return $"'{program}' asks for the interpreter '{interpreter}', which does not exist; install it or change the first line of the file.";
        foreach (var log in (ReadOnlySpan<string>)[start.StdoutPath, start.StderrPath])
        {
            if (!Directory.Exists(Path.GetDirectoryName(log)))
                return $"The directory of '{log}' does not exist; something removed it from the data directory while the consumer ran.";
        }

        return $"'{program}' could not be started in '{directory}': {cause}.";
    }

    /// <summary>The same as <see cref="Find"/>, without remembering.</summary>
    /// <param name="name">First word of the command.</param>
    /// <param name="searchPath">Value of <c>PATH</c>.</param>
    /// <param name="directory">Working directory of the program; relative names start there.</param>
    public static (string? Program, string? Error) Search(string name, string searchPath, string directory)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(searchPath);
        if (!Directory.Exists(directory))
            return (null, $"The working directory '{directory}' does not exist on this host; create it or choose another with --cwd.");
        if (name.Contains('/', StringComparison.Ordinal))
            return Check(Path.GetFullPath(name, directory), name);

        string? withoutPermission = null;
        foreach (var part in searchPath.Split(Path.PathSeparator))
        {
            var candidate = Path.Combine(Path.GetFullPath(part.Length == 0 ? "." : part, directory), name);
            if (!File.Exists(candidate))
                continue;
            if (IsExecutable(candidate))
                return (candidate, null);
            withoutPermission ??= candidate;
        }

        if (withoutPermission is not null)
            return (null, $"'{withoutPermission}' has no execute permission; run chmod +x '{withoutPermission}'.");
        var local = Path.Combine(directory, name);
        return (null, !File.Exists(local) ? $"There is no program '{name}' on PATH. Install it or give its path."
            : IsExecutable(local) ? $"There is no program '{name}' on PATH; did you mean ./{name}?"
            : $"There is no program '{name}' on PATH; did you mean ./{name}? It needs execute permission first: chmod +x {name}");
    }

    private static (string? Program, string? Error) Check(string path, string name)
    {
        if (Directory.Exists(path))
            return (null, $"'{name}' is a directory, not a program.");
        if (!File.Exists(path))
            return (null, $"There is no program '{name}' on this host (looked for '{path}'); check the path and the working directory.");
        return IsExecutable(path) ? (path, null) : (null, $"'{name}' has no execute permission; run chmod +x {name}, or start it with its interpreter.");
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode anybody = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & anybody) != 0;
    }

    // The interpreter that the first line of a script names; empty for a text without one; null for a binary.
    private static string? InterpreterOf(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var start = new char[256];
            var line = new string(start, 0, reader.ReadBlock(start)).Split('\n')[0];
            if (line.StartsWith("#!", StringComparison.Ordinal))
                return line[2..].Trim().Split(' ', '\t')[0];
            return line.StartsWith("\u007fELF", StringComparison.Ordinal) ? null : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
