using System.Globalization;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Text;
using DistributedBatch.Messaging.Files;

namespace DistributedBatch.Cli.State;

/// <summary>
/// The state directory of <c>dbatch run</c>, held by one process at a time. The kernel releases the lock with the process, so a killed run leaves
/// nothing to clean up.
/// </summary>
internal sealed class StateDirectory : IDisposable
{
    /// <summary>Raise this number when the files in the directory change so that an older program would misread them.</summary>
    public const int Format = 1;

    private readonly FileStream lockFile;

    private StateDirectory(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>The path that <c>DBATCH_STATE</c> names, else <c>.dbatch</c> below <paramref name="directory"/>.</summary>
    public static string DefaultPath(string directory) =>
        System.IO.Path.GetFullPath(Environment.GetEnvironmentVariable("DBATCH_STATE") is { Length: > 0 } chosen ? HomePath.Expand(chosen) : ".dbatch", directory);

    /// <summary>
    /// The option that commands about a run in <paramref name="path"/> need, with a leading blank; empty when they find it without: in the default directory, with no
    /// server to ask instead.
    /// </summary>
    public static string CommandOption(string path)
    {
        string? byDefault = null;
        try
        {
            byDefault = DefaultPath(Directory.GetCurrentDirectory());
        }
        catch (IOException)
        {
            // The current directory was removed meanwhile.
        }

        return path == byDefault && ServiceSetting.Text("server") is null ? "" : $" --state {CommandText.Join([path])}";
    }

    /// <summary>Creates the directory where it is missing and locks it; null when that is impossible, with the reason in <paramref name="mistake"/>.</summary>
    public static StateDirectory? Open(string path, out string? mistake)
    {
        mistake = null;
        try
        {
            PrivateFile.OwnDirectory(path, System.IO.Path.GetFileName(FormatFile(path)), "tracker.db");
            if (NewerFormat(path) is { } newer)
            {
                mistake = $"The state directory {path} was written by a newer dbatch (format {newer}, this one knows {Format}). "
                    + "Use that version, or another directory with --state DIR.";
                return null;
            }

            if (TryLock(path) is not { } lockFile)
            {
                mistake = $"Another dbatch run works in {path}{Holder(path)}. Wait for it, or use another directory with --state DIR.";
                return null;
            }

            ControlFiles.Clear(path);
            File.WriteAllText(HolderFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(FormatFile(path), Format.ToString(CultureInfo.InvariantCulture));
            KeepOutOfGit(path);
            return new StateDirectory(path, lockFile);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mistake = $"The state directory {path} cannot be written: {failure.Message.TrimEnd('.')}. Use another one with --state DIR.";
            return null;
        }
    }

    /// <summary>Whether some process holds the directory at the moment.</summary>
    public static bool IsHeld(string path)
    {
        if (!File.Exists(LockFile(path)))
            return false;
        try
        {
            using var lockFile = TryLock(path);
            return lockFile is null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => lockFile.Dispose();

    private static FileStream? TryLock(string path)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix.
            return new FileStream(LockFile(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.GetType() == typeof(IOException) && File.Exists(HolderFile(path)))
        {
            return null;
        }
    }

    private static string? NewerFormat(string path) =>
        File.Exists(FormatFile(path)) && File.ReadAllText(FormatFile(path)).Trim() is var text
            && (!int.TryParse(text, CultureInfo.InvariantCulture, out var format) || format > Format)
            ? text
            : null;

    private static string Holder(string path) => File.ReadAllText(HolderFile(path)) is { Length: > 0 } pid ? $" (process {pid})" : "";

    private static void KeepOutOfGit(string path)
    {
        var ignore = System.IO.Path.Combine(path, ".gitignore");
        if (!File.Exists(ignore))
            File.WriteAllText(ignore, "*\n");
    }

    private static string LockFile(string path) => System.IO.Path.Combine(path, "lock");

    private static string HolderFile(string path) => System.IO.Path.Combine(path, "lock.pid");

    private static string FormatFile(string path) => System.IO.Path.Combine(path, "format");
}
