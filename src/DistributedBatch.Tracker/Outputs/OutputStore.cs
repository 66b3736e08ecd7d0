using System.Formats.Tar;
using System.Globalization;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Tracker.Outputs;

/// <summary>
/// The outputs of chunks under the data directory: <c>runs/RUN/out/INDEX/</c>. Hosts without a shared disk upload them as an archive with two folders:
/// <c>out/</c>, the content of <c>DBATCH_OUT</c> of a successful attempt, and <c>logs/</c> with the files <c>out</c> and <c>err</c>. The archive is unpacked into a
/// staging directory, so an interrupted upload leaves nothing visible. What was uploaded waits in <c>uploads/INDEX.ATTEMPT/</c> until the attempt is reported as the one
/// that won; then it becomes visible by one rename. A host may die between upload and report, and then the outputs of another attempt are the right ones.
/// </summary>
internal sealed class OutputStore(string dataDirectory, OutputOptions options, LogFiles logs)
{
    /// <summary>Name of the directory of a run where uploads are unpacked.</summary>
    public const string StagingName = "staging";

    /// <summary>The directory of the outputs of a run.</summary>
    public string DirectoryOf(RunId run) => Path.Combine(RunDirectory(run), "out");

    /// <summary>The directory of the outputs of a chunk.</summary>
    public string DirectoryOf(RunId run, int index) => Path.Combine(DirectoryOf(run), index.ToString(CultureInfo.InvariantCulture));

    /// <summary>Stores the uploaded outputs and logs of one attempt.</summary>
    public async Task<UnpackOutcome> StoreAsync(RunId run, int index, int attempt, Stream archive, CancellationToken cancellation)
    {
        var staging = Path.Combine(RunDirectory(run), StagingName, $"{index}.{attempt}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(staging);
        try
        {
            var outcome = await new TarUnpacker(options.MaxBytes).UnpackAsync(archive, staging, cancellation);
            if (outcome is not UnpackOutcome.Stored)
                return outcome;
            MoveLogs(run, index, attempt, Path.Combine(staging, "logs"));
            return Keep(run, index, attempt, Path.Combine(staging, "out")) ? outcome : new UnpackOutcome.Duplicate();
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>The attempts of a run whose outputs wait to be published or discarded, by chunk.</summary>
    public ILookup<int, int> Uploads(RunId run) => !Directory.Exists(UploadsOf(run))
        ? Array.Empty<(int, int)>().ToLookup(_ => 0, _ => 0)
        : Directory.EnumerateDirectories(UploadsOf(run))
            .Select(path => Path.GetFileName(path).Split('.'))
            .ToLookup(parts => int.Parse(parts[0], CultureInfo.InvariantCulture), parts => int.Parse(parts[1], CultureInfo.InvariantCulture));

    /// <summary>Makes what <paramref name="attempt"/> uploaded the outputs of its chunk.</summary>
    public void Publish(RunId run, int index, int attempt) => Replace(DirectoryOf(run, index), UploadOf(run, index, attempt));

    /// <summary>Deletes what <paramref name="attempt"/> uploaded.</summary>
    public void Discard(RunId run, int index, int attempt) => Directory.Delete(UploadOf(run, index, attempt), recursive: true);

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
    private bool Keep(RunId run, int index, int attempt, string from)
    {
        if (!Directory.Exists(from))
            return true;
        if (Directory.Exists(DirectoryOf(run, index)))
            return false;
        Replace(UploadOf(run, index, attempt), from);
        return true;
    }

    private string UploadsOf(RunId run) => Path.Combine(RunDirectory(run), "uploads");

    private string UploadOf(RunId run, int index, int attempt) => Path.Combine(UploadsOf(run), string.Create(CultureInfo.InvariantCulture, $"{index}.{attempt}"));

    private static void Replace(string target, string from)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        Directory.Move(from, target);
    }
}
