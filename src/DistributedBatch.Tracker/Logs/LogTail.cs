using System.Runtime.CompilerServices;

namespace DistributedBatch.Tracker.Logs;

/// <summary>Reads parts of logs, also of one that is still being written.</summary>
public static class LogTail
{
    private const int PieceSize = 32 * 1024;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>Opens a log so that its writer, and a rename or removal of it, are not disturbed.</summary>
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

    /// <summary>The log from <paramref name="offset"/> on, and what is added to it until <paramref name="over"/> says that its attempt has ended.</summary>
    /// <param name="path">The file; it need not exist yet.</param>
    /// <param name="offset">Bytes to leave out at the start.</param>
    /// <param name="over">Asked whenever the end of the file is reached.</param>
    /// <param name="time">Time to wait by.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async IAsyncEnumerable<byte[]> FollowAsync(
        string path, long offset, Func<CancellationToken, Task<bool>> over, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var last = false; ; last = await over(cancellation))
        {
            while (File.Exists(path))
            {
                var piece = await RangeAsync(path, offset, PieceSize, cancellation);
                if (piece.Length == 0)
                    break;
                offset += piece.Length;
                yield return piece;
            }

            // The attempt ended before the last look at the file, so there is nothing more to come.
            if (last)
                yield break;
            await Task.Delay(LookAgain, time, cancellation);
        }
    }
}
