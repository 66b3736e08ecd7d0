using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Standard output of the launcher: frames are collected and written by one call, because each call wakes the consumer.</summary>
internal sealed unsafe class AnswerStream
{
    private readonly Lock turn = new();
    private byte[] buffer = new byte[4096];
    private int used;

    public void Hello()
    {
        lock (turn)
        {
            var body = Frame(LauncherProtocol.Hello, 8);
            BinaryPrimitives.WriteInt32LittleEndian(body, LauncherProtocol.Version);
            BinaryPrimitives.WriteInt32LittleEndian(body[4..], Posix.ProcessId());
            Flush();
        }
    }

    public void Refused(int id, int error) => Pair(LauncherProtocol.Refused, id, error);

    public void Started(int id, int process) => Pair(LauncherProtocol.Started, id, process);

    /// <summary>Adds an ending without sending it; <see cref="Send"/> follows when no other one is at hand.</summary>
    public void Add(in ChildEnding ending)
    {
        lock (turn)
        {
            var body = Frame(LauncherProtocol.Exited, 53);
            BinaryPrimitives.WriteInt32LittleEndian(body, ending.Id);
            BinaryPrimitives.WriteInt32LittleEndian(body[4..], ending.ExitCode);
            BinaryPrimitives.WriteInt32LittleEndian(body[8..], ending.Signal);
            BinaryPrimitives.WriteInt64LittleEndian(body[12..], ending.WallMicroseconds);
            BinaryPrimitives.WriteInt64LittleEndian(body[20..], ending.ProcessorMicroseconds);
            BinaryPrimitives.WriteInt64LittleEndian(body[28..], ending.PeakBytes);
            BinaryPrimitives.WriteInt64LittleEndian(body[36..], ending.ReadBytes);
            BinaryPrimitives.WriteInt64LittleEndian(body[44..], ending.WrittenBytes);
            body[52] = (byte)((ending.Stragglers ? LauncherProtocol.StragglersMark : 0)
                | (ending.OutOfMemory is null ? 0 : LauncherProtocol.MemoryWatchedMark)
                | (ending.OutOfMemory == true ? LauncherProtocol.OutOfMemoryMark : 0));
        }
    }

    public void Send()
    {
        lock (turn)
            Flush();
    }

    private void Pair(byte kind, int id, int value)
    {
        lock (turn)
        {
            var body = Frame(kind, 8);
            BinaryPrimitives.WriteInt32LittleEndian(body, id);
            BinaryPrimitives.WriteInt32LittleEndian(body[4..], value);
            Flush();
        }
    }

    private Span<byte> Frame(byte kind, int body)
    {
        if (used + LauncherProtocol.HeaderBytes + body > buffer.Length)
            Array.Resize(ref buffer, buffer.Length * 2);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(used), body + 1);
        buffer[used + 4] = kind;
        var span = buffer.AsSpan(used + LauncherProtocol.HeaderBytes, body);
        used += LauncherProtocol.HeaderBytes + body;
        return span;
    }

    private void Flush()
    {
        fixed (byte* start = buffer)
        {
            for (var sent = 0; sent < used;)
            {
                var written = Posix.Write(1, start + sent, used - sent);
                if (written >= 0)
                    sent += (int)written;
                else if (Marshal.GetLastPInvokeError() != Posix.Interrupted)
                    break; // The consumer is gone; standard input ends too and says so to everybody.
            }
        }

        used = 0;
    }
}
