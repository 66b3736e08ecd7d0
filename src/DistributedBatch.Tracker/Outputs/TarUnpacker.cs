using System.Formats.Tar;

namespace DistributedBatch.Tracker.Outputs;

/// <summary>
/// Unpacks an archive from another machine into an empty directory. It accepts plain files and directories below that directory only: no links, no devices, no
/// absolute paths, no <c>..</c>. Owners and set-user-id bits are ignored.
/// </summary>
/// <param name="maxBytes">The most bytes of all files together.</param>
internal sealed class TarUnpacker(long maxBytes)
{
    /// <summary>The most entries of an archive.</summary>
    public const int MaxEntries = 1_000_000;

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Unpacks <paramref name="archive"/> into <paramref name="directory"/>.</summary>
    public async Task<UnpackOutcome> UnpackAsync(Stream archive, string directory, CancellationToken cancellation)
    {
        var root = Path.GetFullPath(directory) + Path.DirectorySeparatorChar;
        var bytes = 0L;
        var files = 0;
        var entries = 0;
        try
        {
            await using var reader = new TarReader(archive, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
            {
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                    continue;
                if (++entries > MaxEntries)
                    return new UnpackOutcome.Rejected($"The archive has more than {MaxEntries} entries. Let the script write fewer, larger files.");
                if (Target(root, entry.Name) is not { } target)
                    return new UnpackOutcome.Rejected($"'{entry.Name}' is outside the chunk's directory. Send relative names without '..'.");
                if (entry.EntryType is TarEntryType.Directory)
                {
                    Directory.CreateDirectory(target);
                    continue;
                }

                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    return new UnpackOutcome.Rejected($"'{entry.Name}' is a {entry.EntryType}. Only plain files and directories are accepted.");
                bytes += entry.Length;
                if (bytes > maxBytes)
                    return new UnpackOutcome.Rejected($"The outputs are larger than {maxBytes} bytes together, the limit of this tracker.");
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                await WriteAsync(entry, target, cancellation);
                files++;
            }

            // An upload that breaks off between two entries looks like a whole archive. Reading the rest of the body fails then.
            await archive.CopyToAsync(Stream.Null, cancellation);
        }
        catch (Exception failure) when (failure is InvalidDataException or FormatException or EndOfStreamException)
        {
            return new UnpackOutcome.Rejected($"The body is not a complete tar archive: {failure.Message}");
        }
        catch (IOException failure) when (File.Exists(directory) || failure.HResult == FileExists)
        {
            return new UnpackOutcome.Rejected($"The archive contains one path twice: {failure.Message}");
        }

        return new UnpackOutcome.Stored(files, bytes);
    }

    // EEXIST, as .NET reports it on Unix.
    private const int FileExists = 17;

    private static async Task WriteAsync(TarEntry entry, string target, CancellationToken cancellation)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            options.UnixCreateMode = mode | (entry.Mode & Executable);
        }

        await using var file = new FileStream(target, options);
        if (entry.DataStream is { } data)
            await data.CopyToAsync(file, cancellation);
    }

    private static string? Target(string root, string name)
    {
        if (name.Contains('\0', StringComparison.Ordinal) || name.Split('/', '\\').Contains(".."))
            return null;
        var target = Path.GetFullPath(Path.Combine(root, name));
        return target.StartsWith(root, StringComparison.Ordinal) || target + Path.DirectorySeparatorChar == root ? target : null;
    }
}
