using System.Text;

namespace DistributedBatch.Messaging.Files;

/// <summary>Files that only their owner may read: keys, tokens, passwords. A file is written under another name and renamed, so that a crash leaves no partial file.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OwnerOnlyDirectory = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode OthersRead = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes <paramref name="text"/> to <paramref name="path"/> and replaces an existing file.</summary>
    public static void Replace(string path, string text) => File.Move(Draft(path, text), path, overwrite: true);

    /// <summary>Writes a new file; returns false and changes nothing when the file exists.</summary>
    public static bool TryCreate(string path, string text)
    {
        if (File.Exists(path))
            return false;
        var draft = Draft(path, text);
        try
        {
            File.Move(draft, path);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
            return false;
        }
    }

    /// <summary>Writes a file that everybody may read and only its owner may change, whatever the umask is: a public key. Replaces an existing file.</summary>
    public static void ReplacePublic(string path, string text) => File.Move(Draft(path, text, OthersRead), path, overwrite: true);

    /// <summary>
    /// Creates a directory that only its owner may enter. An existing directory is closed to others too when it is empty or holds one of <paramref name="ownFiles"/>. Any
    /// other directory keeps its mode: it may be somebody's home or <c>/tmp</c>, and the files in it that matter are private anyway.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <param name="ownFiles">Names of files that only this program writes.</param>
    public static void OwnDirectory(string path, params IEnumerable<string> ownFiles)
    {
        CreateDirectory(path);
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & ~OwnerOnlyDirectory) == 0)
            return;
        try
        {
            if (ownFiles.Any(name => File.Exists(Path.Combine(path, name))) || !Directory.EnumerateFileSystemEntries(path).Any())
                File.SetUnixFileMode(path, OwnerOnlyDirectory);
        }
        catch (UnauthorizedAccessException)
        {
            // It belongs to somebody else, who lets this user write there.
        }
    }

    /// <summary>Creates a directory that only its owner may enter. An existing directory keeps its mode.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnlyDirectory);
    }

    private static string Draft(string path, string text, UnixFileMode mode = OwnerOnly)
    {
        CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{Path.GetRandomFileName()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using var file = new FileStream(draft, options);
        file.Write(Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
        return draft;
    }
}
