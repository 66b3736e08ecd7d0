using System.Buffers.Binary;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// Standard input of the launcher, cut into frames. The spawner threads take turns: the one that holds the lock reads a frame into its own buffer. So
/// a request is never passed between threads.
/// </summary>
internal sealed unsafe class RequestStream(ChildTable children)
{
    private readonly Lock gate = new();
    private readonly byte[] ahead = new byte[64 << 10];
    private int from;
    private int to;
    private bool ended;

    /// <summary>Set when the stream has ended: the consumer is gone.</summary>
    public ManualResetEventSlim Ended { get; } = new();

    /// <summary>Reads kind and body of the next frame into <paramref name="frame"/>. Gives its length; 0 at the end of the stream.</summary>
    public int Next(ref byte[] frame)
    {
        lock (gate)
        {
            if (!Fill(4))
                return 0;
            var length = BinaryPrimitives.ReadInt32LittleEndian(ahead.AsSpan(from, 4));
            if (length is < 1 or > LauncherProtocol.MaxFrame)
            {
                End();
                return 0;
            }

            from += 4;
            if (frame.Length < length)
                frame = new byte[Math.Max(length, frame.Length * 2)];
            var copied = Math.Min(length, to - from);
            ahead.AsSpan(from, copied).CopyTo(frame);
            from += copied;
            while (copied < length)
            {
                var got = ReadInto(frame.AsSpan(copied, length - copied));
                if (got == 0)
                    return 0;
                copied += got;
            }

            if (frame[0] == LauncherProtocol.Start)
                children.BeforeSpawn(BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(1)));
            return length;
        }
    }

    private void End()
    {
        ended = true;
        Ended.Set();
    }

    private bool Fill(int bytes)
    {
        while (to - from < bytes)
        {
            if (ended)
                return false;
            ahead.AsSpan(from, to - from).CopyTo(ahead);
            (from, to) = (0, to - from);
            to += ReadInto(ahead.AsSpan(to));
        }

        return true;
    }

    private int ReadInto(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint got;
            do
                got = Posix.Read(0, start, buffer.Length);
            while (got < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Posix.Interrupted);
            if (got <= 0)
                End();
            return (int)Math.Max(0, got);
        }
    }
}
