using System.Globalization;

namespace DistributedBatch.Tracker.Logs;

/// <summary>
/// The logs of attempts under a data directory: <c>runs/RUN/logs/INDEX.ATTEMPT.out</c> and <c>.err</c>. An attempt that wrote nothing has no file.
/// </summary>
/// <param name="dataDirectory">Such as <c>.dbatch</c>.</param>
public sealed class LogFiles(string dataDirectory)
{
    /// <summary>The directory of the logs of a run.</summary>
    public string DirectoryOf(RunId run) => Path.Combine(Path.GetFullPath(dataDirectory), "runs", run.Value, "logs");

    /// <summary>The path of a log, whether it exists or not.</summary>
    public string PathOf(RunId run, int index, int attempt, LogStream stream) =>
        Path.Combine(DirectoryOf(run), $"{index}.{attempt}.{(stream == LogStream.Out ? "out" : "err")}");

    /// <summary>Writes a log that a host sent.</summary>
    /// <exception cref="IOException">The disk is full, or the directory is not writable.</exception>
    public void Write(RunId run, int index, int attempt, LogStream stream, byte[] content)
    {
        Directory.CreateDirectory(DirectoryOf(run));
        File.WriteAllBytes(PathOf(run, index, attempt, stream), content);
    }

    /// <summary>The log of one attempt; null when it wrote none, or when the log is on its host.</summary>
    public LogFile? Find(RunId run, int index, int attempt, LogStream stream)
    {
        var file = new FileInfo(PathOf(run, index, attempt, stream));
        return file.Exists ? new LogFile(index, attempt, stream, file.FullName, file.Length) : null;
    }

    /// <summary>All logs of a chunk by attempt, standard output first.</summary>
    public IReadOnlyList<LogFile> OfChunk(RunId run, int index) => List(run, $"{index}.*");

    /// <summary>All logs of a run in the order of its chunks.</summary>
    public IReadOnlyList<LogFile> OfRun(RunId run) => List(run, "*");

    private List<LogFile> List(RunId run, string pattern)
    {
        var directory = new DirectoryInfo(DirectoryOf(run));
        if (!directory.Exists)
            return [];
        var found = new List<LogFile>();
        foreach (var file in directory.EnumerateFiles(pattern))
        {
            if (file.Name.Split('.') is [var index, var attempt, "out" or "err"]
                && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var chunk)
                && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                found.Add(new LogFile(chunk, number, file.Extension == ".out" ? LogStream.Out : LogStream.Err, file.FullName, file.Length));
            }
        }

        return [.. found.OrderBy(log => log.Index).ThenBy(log => log.Attempt).ThenBy(log => log.Stream)];
    }
}
