using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// Finds the file a command names, as a shell would, and turns every way in which a start can fail into a sentence that says what to do. The launcher
/// takes only a path, so that these sentences are written in one place.
/// </summary>
public sealed class ProgramLookup
{
    private readonly ConcurrentDictionary<(string Name, string Path, string Directory), string> found = new();

    /// <summary>Where the program is, or why it cannot be run.</summary>
    /// <param name="name">First word of the command.</param>
    /// <param name="searchPath">The value of <c>PATH</c> the program will see.</param>
    /// <param name="directory">Working directory of the attempt; relative names are meant from there.</param>
    public (string? Program, string? Error) Find(string name, string searchPath, string directory)
    {
        if (found.TryGetValue((name, searchPath, directory), out var known))
            return (known, null);
        var (program, error) = Search(name, searchPath, directory);

        // A sweep over programs must not fill the memory, and what was not found may be installed any moment.
        if (program is not null && found.Count < 1024)
            found[(name, searchPath, directory)] = program;
        return (program, error);
    }

    /// <summary>The sentence for a start the system refused after the program was found.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="start">What was asked for.</param>
    /// <param name="cause">What the system said.</param>
    public string Refusal(string program, ProgramStart start, string cause)
    {
        ArgumentNullException.ThrowIfNull(start);
        found.Clear();
        var directory = start.WorkingDirectory;
        if (!Directory.Exists(directory))
            return $"The working directory '{directory}' does not exist on this host; create it or choose another with --cwd.";
        if (!File.Exists(program))
            return $"'{program}' has gone since it was found; install it again.";
        if (!IsExecutable(program))
            return $"'{program}' has no execute permission; run chmod +x '{program}'.";
        var interpreter = InterpreterOf(program);
        if (interpreter is { Length: 0 })
            return $"'{program}' is no program for this machine and names no interpreter; start it with one (python, sh), or give it a first line such as #!/bin/sh.";
        if (interpreter is not null && !File.Exists(interpreter))
            return $"'{program}' asks for the interpreter '{interpreter}', which does not exist; install it or change the first line of the file.";
        foreach (var log in (ReadOnlySpan<string>)[start.StdoutPath, start.StderrPath])
        {
            if (!Directory.Exists(Path.GetDirectoryName(log)))
                return $"The directory of '{log}' does not exist; something removed it from the data directory while the consumer ran.";
        }

        return $"'{program}' could not be started in '{directory}': {cause}.";
    }

    private static (string? Program, string? Error) Search(string name, string searchPath, string directory)
    {
        if (!Directory.Exists(directory))
            return (null, $"The working directory '{directory}' does not exist on this host; create it or choose another with --cwd.");
        if (name.Contains('/', StringComparison.Ordinal))
            return Judge(Path.GetFullPath(name, directory), name);

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
        return (null, File.Exists(Path.Combine(directory, name))
            ? $"There is no program '{name}' on PATH; did you mean ./{name}?"
            : $"There is no program '{name}' on PATH of this host; install it or give its path.");
    }

    private static (string? Program, string? Error) Judge(string path, string name)
    {
        if (Directory.Exists(path))
            return (null, $"'{name}' is a directory, not a program.");
        if (!File.Exists(path))
            return (null, $"There is no program '{name}' on this host (looked for '{path}'); check the path and the working directory.");
        return IsExecutable(path) ? (path, null) : (null, $"'{name}' has no execute permission; run chmod +x '{path}', or start it with its interpreter.");
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode anybody = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & anybody) != 0;
    }

    // The interpreter of a script; empty for a text without one; null for a binary, whose loader may still be missing.
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
