using System.Text;
using DistributedBatch.Consumer.Launcher;
using Microsoft.Win32.SafeHandles;

namespace DistributedBatch.Consumer.Logs;

/// <summary>
/// Keeps the head and the tail of what an attempt wrote. Programs write straight into files, so the middle is given back to the disk while they still
/// write (a hole keeps the file's length), and left out for good when the file is stored.
/// </summary>
/// <param name="headBytes">Kept of the start.</param>
/// <param name="tailBytes">Kept of the end.</param>
internal sealed class LogStore(long headBytes, long tailBytes)
{
    /// <summary>Bytes of standard error that travel in a failure report.</summary>
    public const int ReportedTailBytes = 4096;

    /// <summary>Gives the middle of a growing file back to the disk. Where the file system cannot do that, the file just grows until its attempt ends.</summary>
    public void Punch(string path)
    {
        try
        {
            var length = new FileInfo(path) is { Exists: true } file ? file.Length : 0;
            if (!OperatingSystem.IsLinux() || length <= headBytes + (2 * tailBytes))
                return;
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            _ = Posix.Allocate((int)handle.DangerousGetHandle(), Posix.PunchHoleKeepSize, headBytes, length - tailBytes - headBytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The attempt ended and its file was moved; it is cut there.
        }
    }

    /// <summary>Stores the file at <paramref name="target"/>: by rename when it is short enough, else as head, one line, tail.</summary>
    public void Keep(string path, string target)
    {
        using (var source = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            var length = RandomAccess.GetLength(source);
            if (length > headBytes + tailBytes)
            {
                Cut(source, length, target);
                File.Delete(path);
                return;
            }
        }

        File.Move(path, target, overwrite: true);
    }

    /// <summary>Empties a file of so many bytes; gives what was in it, null for nothing.</summary>
    public static byte[]? Take(string path, long length)
    {
        if (length == 0)
            return null;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[length];
        var got = RandomAccess.Read(file, content, 0);
        RandomAccess.SetLength(file, 0);
        return content[..got];
    }

    /// <summary>The last 4 KiB of a file as text; what is no UTF-8 is replaced.</summary>
    public static string? Tail(string path)
    {
        try
        {
            using var source = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(source);
            var buffer = new byte[Math.Min(length, ReportedTailBytes)];
            var got = RandomAccess.Read(source, buffer, length - buffer.Length);
            var from = 0;
            while (length > got && from < Math.Min(got, 4) && (buffer[from] & 0xC0) == 0x80)
                from++; // The cut went through a character; its rest is no text.
            return got == 0 ? null : Encoding.UTF8.GetString(buffer, from, got - from);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Cut(SafeFileHandle source, long length, string target)
    {
        var line = Encoding.UTF8.GetBytes($"\n[dbatch: {length - headBytes - tailBytes} bytes left out here]\n");
        using var file = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.Read);
        CopyPart(source, 0, headBytes, file);
        file.Write(line);
        CopyPart(source, length - tailBytes, tailBytes, file);
    }

    private static void CopyPart(SafeFileHandle source, long from, long length, FileStream to)
    {
        var buffer = new byte[64 << 10];
        for (int got; length > 0 && (got = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)), from)) > 0; from += got, length -= got)
            to.Write(buffer, 0, got);
    }
}
