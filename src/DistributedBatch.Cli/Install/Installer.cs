namespace DistributedBatch.Cli.Install;

/// <summary>Writes and removes the files of an installation.</summary>
internal static class Installer
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode AllMayRead = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes each file under a temporary name and renames it, so that others can never read a secret.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public static void Write(IEnumerable<PlannedFile> files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
            var draft = $"{file.Path}.{Path.GetRandomFileName()}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = file.Secret ? OwnerOnly : AllMayRead;
            using (var writer = new StreamWriter(draft, options))
                writer.Write(file.Text);
            File.Move(draft, file.Path, overwrite: true);
        }
    }

    /// <summary>Removes those of <paramref name="files"/> that exist, and gives their paths.</summary>
    public static IReadOnlyList<string> Remove(IEnumerable<string> files)
    {
        var existing = files.Where(File.Exists).ToList();
        existing.ForEach(File.Delete);
        return existing;
    }
}
