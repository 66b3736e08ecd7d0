using System.Formats.Tar;
using System.Globalization;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Tracker.Outputs;

/// <summary>
/// The outputs of chunks under the data directory: <c>runs/RUN/out/INDEX/</c>. Hosts without a shared disk upload them as an archive with two folders:
/// <c>out/</c>, the content of <c>DBATCH_OUT</c> of a successful attempt, and <c>logs/</c> with the files <c>out</c> and <c>err</c>. The archive is unpacked into a
/// staging directory, so an interrupted upload leaves nothing visible. What was uploaded waits in <c>uploads/INDEX.ATTEMPT.TOKEN/</c> and, for logs, in a directory of that name
/// with <c>.logs</c>, until the attempt is reported. Then the logs become visible, and the outputs of the attempt that won by one rename. A host may die between upload and
/// report, and then the outputs of another attempt are the right ones.
/// </summary>
internal sealed class OutputStore(string dataDirectory, OutputOptions options, LogFiles logs)
{
    /// <summary>Name of the directory of a run where uploads are unpacked.</summary>
    public const string StagingName = "staging";

    // Uploads of an earlier version count as the operator's: whoever wrote them was let in then.
    private const string FormerToken = "operator";

    /// <summary>The directory of the outputs of a run.</summary>
    public string DirectoryOf(RunId run) => Path.Combine(RunDirectory(run), "out");

    /// <summary>The directory of the outputs of a chunk.</summary>
    public string DirectoryOf(RunId run, int index) => Path.Combine(DirectoryOf(run), index.ToString(CultureInfo.InvariantCulture));

    /// <summary>Stores the uploaded outputs and logs of one attempt.</summary>
    public async Task<UnpackOutcome> StoreAsync(RunId run, Upload upload, Stream archive, CancellationToken cancellation)
    {
        var staging = Path.Combine(RunDirectory(run), StagingName, $"{NameOf(upload)}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(staging);
        try
        {
            var outcome = await new TarUnpacker(options.MaxBytes).UnpackAsync(archive, staging, cancellation);
            if (outcome is not UnpackOutcome.Stored)
                return outcome;
            if (Path.Combine(staging, "logs") is var newLogs && Directory.Exists(newLogs))
                Replace(LogsOf(run, upload), newLogs);
            return Keep(run, upload, Path.Combine(staging, "out")) ? outcome : new UnpackOutcome.Duplicate();
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>The uploads of a run that wait for a report, by chunk.</summary>
    public ILookup<int, Upload> Uploads(RunId run) => (Directory.Exists(UploadsOf(run)) ? Directory.EnumerateDirectories(UploadsOf(run)) : [])
        .Select(path => Parse(Path.GetFileName(path)))
        .Distinct()
        .ToLookup(upload => upload.Index);

    /// <summary>Makes the uploaded outputs those of their chunk.</summary>
    public void Publish(RunId run, Upload upload)
    {
        if (Directory.Exists(OutputsOf(run, upload)))
            Replace(DirectoryOf(run, upload.Index), OutputsOf(run, upload));
    }

    /// <summary>Makes the uploaded logs those of their attempt.</summary>
    public void PublishLogs(RunId run, Upload upload)
    {
        if (!Directory.Exists(LogsOf(run, upload)))
            return;
        MoveLogs(run, upload.Index, upload.Attempt, LogsOf(run, upload));
        Directory.Delete(LogsOf(run, upload), recursive: true);
    }

    /// <summary>Deletes the uploaded outputs.</summary>
    public void DiscardOutputs(RunId run, Upload upload)
    {
        if (Directory.Exists(OutputsOf(run, upload)))
            Directory.Delete(OutputsOf(run, upload), recursive: true);
    }

    /// <summary>Deletes all of an upload.</summary>
    public void Discard(RunId run, Upload upload)
    {
        DiscardOutputs(run, upload);
        if (Directory.Exists(LogsOf(run, upload)))
            Directory.Delete(LogsOf(run, upload), recursive: true);
    }

    /// <summary>Writes the directory as an archive. Only the names are held in memory.</summary>
    public static async Task PackAsync(string directory, Stream to, CancellationToken cancellation)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var paths = Directory.EnumerateFiles(directory, "*", all).Order(StringComparer.Ordinal).ToList();
        // TarWriter writes no end mark when there are no entries, and tar rejects an empty file.
        if (paths.Count == 0)
        {
            await to.WriteAsync(new byte[1024], cancellation);
            return;
        }

        await using var writer = new TarWriter(to, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var path in paths)
            await writer.WriteEntryAsync(path, Path.GetRelativePath(directory, path), cancellation);
    }

    private string RunDirectory(RunId run) => Path.Combine(dataDirectory, "runs", run.Value);

    private void MoveLogs(RunId run, int index, int attempt, string from)
    {
        foreach (var stream in Enum.GetValues<LogStream>())
        {
            var file = Path.Combine(from, stream == LogStream.Out ? "out" : "err");
            if (!File.Exists(file))
                continue;
            Directory.CreateDirectory(logs.DirectoryOf(run));
            File.Move(file, logs.PathOf(run, index, attempt, stream), overwrite: true);
        }
    }

    // False when the chunk has its outputs already, which are those of the attempt that won.
    private bool Keep(RunId run, Upload upload, string from)
    {
        if (!Directory.Exists(from))
            return true;
        if (Directory.Exists(DirectoryOf(run, upload.Index)))
            return false;
        Replace(OutputsOf(run, upload), from);
        return true;
    }

    private string UploadsOf(RunId run) => Path.Combine(RunDirectory(run), "uploads");

    private string OutputsOf(RunId run, Upload upload)
    {
        // An earlier version did not keep the token.
        var former = Path.Combine(UploadsOf(run), string.Create(CultureInfo.InvariantCulture, $"{upload.Index}.{upload.Attempt}"));
        return upload.Token == FormerToken && Directory.Exists(former) ? former : Path.Combine(UploadsOf(run), NameOf(upload));
    }

    private string LogsOf(RunId run, Upload upload) => Path.Combine(UploadsOf(run), $"{NameOf(upload)}.logs");

    private static string NameOf(Upload upload) => string.Create(CultureInfo.InvariantCulture, $"{upload.Index}.{upload.Attempt}.{upload.Token}");

    private static Upload Parse(string name)
    {
        var parts = name.Split('.');
        return new Upload(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), parts.Length > 2 ? parts[2] : FormerToken);
    }

    private static void Replace(string target, string from)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        Directory.Move(from, target);
    }
}
