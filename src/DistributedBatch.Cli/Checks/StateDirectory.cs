using System.Globalization;

namespace DistributedBatch.Cli.Checks;

/// <summary>
/// The state directory of <c>dbatch run</c>, held by one process at a time. The kernel drops the lock with the process, so a killed run leaves nothing to
/// clean up.
/// </summary>
internal sealed class StateDirectory : IDisposable
{
    /// <summary>Raised when the files in the directory change so that an older program would misread them.</summary>
    public const int Format = 1;

    private readonly FileStream held;

    private StateDirectory(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Creates the directory where it is missing and takes it; null when that is impossible, with the reason in <paramref name="mistake"/>.</summary>
    public static StateDirectory? Take(string path, out string? mistake)
    {
        mistake = null;
        try
        {
            Directory.CreateDirectory(path);
            if (NewerFormat(path) is { } newer)
            {
                mistake = $"The state directory {path} was written by a newer dbatch (format {newer}, this one knows {Format}). "
                    + "Use that version, or another directory with --state DIR.";
                return null;
            }

            if (Hold(path) is not { } held)
            {
                mistake = $"Another dbatch run works in {path}{Holder(path)}. Wait for it, or use another directory with --state DIR.";
                return null;
            }

            Sources.LocalRunControl.Sweep(path);
            File.WriteAllText(HolderFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(FormatFile(path), Format.ToString(CultureInfo.InvariantCulture));
            KeepOutOfGit(path);
            return new StateDirectory(path, held);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mistake = $"The state directory {path} cannot be written: {failure.Message.TrimEnd('.')}. Use another one with --state DIR.";
            return null;
        }
    }

    /// <summary>Whether some process works in the directory at the moment.</summary>
    public static bool IsHeld(string path)
    {
        if (!File.Exists(System.IO.Path.Combine(path, "lock")))
            return false;
        try
        {
            using var free = Hold(path);
            return free is null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();

    private static FileStream? Hold(string path)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix.
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
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

    private static string HolderFile(string path) => System.IO.Path.Combine(path, "lock.pid");

    private static string FormatFile(string path) => System.IO.Path.Combine(path, "format");
}
