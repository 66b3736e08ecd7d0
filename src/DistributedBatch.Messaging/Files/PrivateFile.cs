using System.Text;

namespace DistributedBatch.Messaging.Files;

/// <summary>Files that only their owner may read: keys, tokens, passwords. A file is written under another name and renamed, so that a crash leaves no partial file.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

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

    /// <summary>Creates a directory that only its owner may enter. An existing directory keeps its mode.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static string Draft(string path, string text)
    {
        CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{Path.GetRandomFileName()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var file = new FileStream(draft, options);
        file.Write(Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
        return draft;
    }
}
