using System.Formats.Tar;
using System.Globalization;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Tracker.Outputs;

/// <summary>
/// The outputs of chunks under the data directory: <c>runs/RUN/out/INDEX/</c>. Hosts without a shared disk bring them as an archive with two folders,
/// <c>out/</c> (what the attempt left in <c>DBATCH_OUT</c>; absent unless it succeeded) and <c>logs/</c> (the files <c>out</c> and <c>err</c>). The archive is
/// unpacked beside its place and becomes visible by one rename, so a host that dies half way leaves nothing to be seen, and of two attempts of one chunk the
/// first wins.
/// </summary>
internal sealed class OutputStore(TrackerOptions options, LogFiles logs)
{
    /// <summary>Where the outputs of a run are.</summary>
    public string DirectoryOf(RunId run) => Path.Combine(RunDirectory(run), "out");

    /// <summary>Where the outputs of a chunk are.</summary>
    public string DirectoryOf(RunId run, int index) => Path.Combine(DirectoryOf(run), index.ToString(CultureInfo.InvariantCulture));

    /// <summary>Takes in what a host brought for one attempt.</summary>
    public async Task<UnpackOutcome> TakeAsync(RunId run, int index, int attempt, Stream archive, CancellationToken cancellation)
    {
        var staging = Path.Combine(RunDirectory(run), "staging", $"{index}.{attempt}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(staging);
        try
        {
            var outcome = await new TarUnpacker(options.MostOutputBytes).UnpackAsync(archive, staging, cancellation);
            if (outcome is not UnpackOutcome.Kept)
                return outcome;
            KeepLogs(run, index, attempt, Path.Combine(staging, "logs"));
            return Publish(run, index, Path.Combine(staging, "out")) ? outcome : new UnpackOutcome.TooLate();
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>Writes the directory as an archive; no more than the names is held in memory.</summary>
    public static async Task PackAsync(string directory, Stream to, CancellationToken cancellation)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var paths = Directory.EnumerateFiles(directory, "*", all).Order(StringComparer.Ordinal).ToList();
        // TarWriter leaves an archive without entries without its end too, and tar takes nothing at all for no archive.
        if (paths.Count == 0)
        {
            await to.WriteAsync(new byte[1024], cancellation);
            return;
        }

        await using var writer = new TarWriter(to, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var path in paths)
            await writer.WriteEntryAsync(path, Path.GetRelativePath(directory, path), cancellation);
    }

    private string RunDirectory(RunId run) => Path.Combine(Path.GetFullPath(options.DataDirectory), "runs", run.Value);

    private void KeepLogs(RunId run, int index, int attempt, string from)
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

    private bool Publish(RunId run, int index, string from)
    {
        if (!Directory.Exists(from))
            return true;
        Directory.CreateDirectory(DirectoryOf(run));
        var place = DirectoryOf(run, index);
        try
        {
            if (Directory.Exists(place))
                return false;
            Directory.Move(from, place);
            return true;
        }
        catch (IOException) when (Directory.Exists(place))
        {
            return false;
        }
    }
}
