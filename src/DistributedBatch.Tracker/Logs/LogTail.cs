using System.Runtime.CompilerServices;

namespace DistributedBatch.Tracker.Logs;

/// <summary>Reads parts of logs, even while they are being written.</summary>
public static class LogTail
{
    private const int PieceSize = 32 * 1024;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Opens a log without disturbing its writer, a rename or a removal.</summary>
    public static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>The bytes from <paramref name="offset"/> on, at most <paramref name="length"/>; fewer at the end of the file.</summary>
    public static async Task<byte[]> RangeAsync(string path, long offset, int length, CancellationToken cancellation)
    {
        await using var file = Open(path);
        var buffer = new byte[(int)Math.Clamp(file.Length - offset, 0, length)];
        file.Seek(Math.Min(offset, file.Length), SeekOrigin.Begin);
        var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return buffer[..read];
    }

    /// <summary>The log from <paramref name="offset"/> on, and what is added to it until its attempt has ended.</summary>
    /// <param name="path">The file, which need not exist yet.</param>
    /// <param name="offset">The number of bytes to skip.</param>
    /// <param name="hasEnded">Whether the attempt has ended; called at the end of the file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async IAsyncEnumerable<byte[]> FollowAsync(
        string path, long offset, Func<CancellationToken, Task<bool>> hasEnded, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var last = false; ; last = await hasEnded(cancellation))
        {
            while (File.Exists(path))
            {
                var piece = await RangeAsync(path, offset, PieceSize, cancellation);
                if (piece.Length == 0)
                    break;
                offset += piece.Length;
                yield return piece;
            }

            // The attempt had ended before the file was read to its end, so nothing more is added.
            if (last)
                yield break;
            await Task.Delay(PollInterval, time, cancellation);
        }
    }
}
