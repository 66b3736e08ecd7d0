using System.Text;
using DistributedBatch.Consumer.Linux;
using Microsoft.Win32.SafeHandles;

namespace DistributedBatch.Consumer.Logs;

/// <summary>
/// Keeps the head and the tail of what an attempt wrote. Programs write straight into files. While they write, the middle of a long file is given
/// back to the disk by punching a hole, which keeps the file's length. When the file is stored, the middle is left out.
/// </summary>
/// <param name="headBytes">Bytes to keep of the start.</param>
/// <param name="tailBytes">Bytes to keep of the end.</param>
internal sealed class LogStore(long headBytes, long tailBytes)
{
    /// <summary>Bytes of standard error that travel in a failure report.</summary>
    public const int ReportedTailBytes = 4096;

    /// <summary>Gives the middle of a growing file back to the disk. Where the file system has no holes, the file grows until its attempt ends.</summary>
    public void PunchHole(string path)
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
            // The attempt ended, and its file was moved and cut.
        }
    }

    /// <summary>Stores the file at <paramref name="target"/>: by rename when it is short enough, else as head, a line about the gap, and tail.</summary>
    public void Store(string path, string target)
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

    /// <summary>Reads a file of <paramref name="length"/> bytes and empties it; null when the length is 0.</summary>
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

    /// <summary>The last 4 KiB of a file as text; invalid UTF-8 is replaced. Null for an empty or unreadable file.</summary>
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
                from++; // The cut went through a character.
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
        while (length > 0 && RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)), from) is > 0 and var got)
        {
            to.Write(buffer, 0, got);
            (from, length) = (from + got, length - got);
        }
    }
}
