using System.Formats.Tar;
using System.Globalization;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Tracker.Outputs;

/// <summary>
/// The outputs of chunks under the data directory: <c>runs/RUN/out/INDEX/</c>. Hosts without a shared disk upload them as an archive with two folders:
/// <c>out/</c>, the content of <c>DBATCH_OUT</c> of a successful attempt, and <c>logs/</c> with the files <c>out</c> and <c>err</c>. The archive is unpacked into a
/// staging directory and becomes visible by one rename. An interrupted upload therefore leaves nothing visible, and the first of two attempts wins.
/// </summary>
internal sealed class OutputStore(string dataDirectory, OutputOptions options, LogFiles logs)
{
    /// <summary>The directory of the outputs of a run.</summary>
    public string DirectoryOf(RunId run) => Path.Combine(RunDirectory(run), "out");

    /// <summary>The directory of the outputs of a chunk.</summary>
    public string DirectoryOf(RunId run, int index) => Path.Combine(DirectoryOf(run), index.ToString(CultureInfo.InvariantCulture));

    /// <summary>Stores the uploaded outputs and logs of one attempt.</summary>
    public async Task<UnpackOutcome> StoreAsync(RunId run, int index, int attempt, Stream archive, CancellationToken cancellation)
    {
        var staging = Path.Combine(RunDirectory(run), "staging", $"{index}.{attempt}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(staging);
        try
        {
            var outcome = await new TarUnpacker(options.MaxBytes).UnpackAsync(archive, staging, cancellation);
            if (outcome is not UnpackOutcome.Stored)
                return outcome;
            MoveLogs(run, index, attempt, Path.Combine(staging, "logs"));
            return Publish(run, index, Path.Combine(staging, "out")) ? outcome : new UnpackOutcome.Duplicate();
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
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

    private bool Publish(RunId run, int index, string from)
    {
        if (!Directory.Exists(from))
            return true;
        Directory.CreateDirectory(DirectoryOf(run));
        var target = DirectoryOf(run, index);
        try
        {
            if (Directory.Exists(target))
                return false;
            Directory.Move(from, target);
            return true;
        }
        catch (IOException) when (Directory.Exists(target))
        {
            return false;
        }
    }
}
