using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>Files and directories as a tar archive that is written while it is sent.</summary>
internal sealed class ArchiveContent : HttpContent
{
    private readonly IReadOnlyList<(string Name, string Path)> files;

    /// <param name="files">Names in the archive, each with its file or directory.</param>
    public ArchiveContent(IReadOnlyList<(string Name, string Path)> files)
    {
        this.files = files;
        Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
    }

    /// <summary>Why a file could not be read here, which another try would not change; null when all were.</summary>
    public Exception? Unreadable { get; private set; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Not disposed after a failure: it would write the end of the archive, and the tracker would take a part for the whole.
        var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var (name, path) in files)
            await WriteAsync(tar, name, path, cancellationToken);
        await tar.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async Task WriteAsync(TarWriter tar, string name, string path, CancellationToken cancellation)
    {
        if (File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            await tar.WriteEntryAsync(Entry(name, path, out var content), cancellation);
            if (content is not null)
                await content.DisposeAsync();
            return;
        }

        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, $"{name}/"), cancellation);
        foreach (var entry in Children(path))
            await WriteAsync(tar, $"{name}/{Path.GetFileName(entry)}", entry, cancellation);
    }

    private PaxTarEntry Entry(string name, string path, out FileStream? content)
    {
        // A link to a file is sent as that file, for links are not accepted from other machines. Any other link is refused by its name.
        var file = new FileInfo(path);
        content = null;
        if (!file.Exists && file.LinkTarget is { } target)
            return new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target };
        content = Reading(() => file.OpenRead());
        return new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = file.UnixFileMode, ModificationTime = file.LastWriteTimeUtc };
    }

    private string[] Children(string path) => Reading(() => Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal).ToArray());

    private T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Unreadable = failure;
            throw;
        }
    }
}
