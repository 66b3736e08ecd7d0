using System.Text;

namespace DistributedBatch.Consumer.Warm.Keep;

/// <summary>The directory of the sockets to kept interpreters. It is made for the first one.</summary>
/// <param name="temporary">Directory for temporary files; null for that of the system.</param>
internal sealed class SocketDirectory(string? temporary = null) : IDisposable
{
    // sockaddr_un has room for 107 bytes; unix(7). The names in the directory have 13 with the slash.
    private const int MaxPathBytes = 107 - 13;
    private const string ShortDirectory = "/tmp";

    private readonly Lock gate = new();
    private string? path;

    /// <summary>The path of a new socket. The directory lies below <c>TMPDIR</c>, or in <c>/tmp</c> when that path is too long for a socket.</summary>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    public string NewPath()
    {
        lock (gate)
            return Path.Combine(path ??= Create(), Path.GetRandomFileName());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (path is not null && Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
    }

    private string Create()
    {
        var name = Path.Combine(temporary ?? Path.GetTempPath(), $"dbatch-{Path.GetRandomFileName()}");
        if (Encoding.UTF8.GetByteCount(name) > MaxPathBytes)
            name = Path.Combine(ShortDirectory, Path.GetFileName(name));
        return OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(name).FullName
            : Directory.CreateDirectory(name, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    }
}
