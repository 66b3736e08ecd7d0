using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Standard output of the launcher. Frames are collected and written by one call, because each call wakes the consumer.</summary>
internal sealed unsafe class ReplyStream
{
    private readonly Lock gate = new();
    private byte[] buffer = new byte[4096];
    private int used;

    public void Hello()
    {
        lock (gate)
        {
            var body = Frame(LauncherProtocol.Hello, 8);
            BinaryPrimitives.WriteInt32LittleEndian(body, LauncherProtocol.Version);
            BinaryPrimitives.WriteInt32LittleEndian(body[4..], Posix.ProcessId());
            Flush();
        }
    }

    public void NotStarted(int id, int error) => Pair(LauncherProtocol.NotStarted, id, error);

    public void Started(int id, int process) => Pair(LauncherProtocol.Started, id, process);

    /// <summary>Adds an exit without sending it. The caller calls <see cref="Send"/> when no other exit is ready.</summary>
    public void Add(in ChildExit exit)
    {
        lock (gate)
        {
            var body = Frame(LauncherProtocol.Exited, 53);
            BinaryPrimitives.WriteInt32LittleEndian(body, exit.Id);
            BinaryPrimitives.WriteInt32LittleEndian(body[4..], exit.ExitCode);
            BinaryPrimitives.WriteInt32LittleEndian(body[8..], exit.Signal);
            BinaryPrimitives.WriteInt64LittleEndian(body[12..], exit.WallMicroseconds);
            BinaryPrimitives.WriteInt64LittleEndian(body[20..], exit.ProcessorMicroseconds);
            BinaryPrimitives.WriteInt64LittleEndian(body[28..], exit.PeakBytes);
            BinaryPrimitives.WriteInt64LittleEndian(body[36..], exit.ReadBytes);
            BinaryPrimitives.WriteInt64LittleEndian(body[44..], exit.WrittenBytes);
            body[52] = (byte)((exit.Stragglers ? LauncherProtocol.StragglersFlag : 0)
                | (exit.OutOfMemory is null ? 0 : LauncherProtocol.OomCountedFlag)
                | (exit.OutOfMemory == true ? LauncherProtocol.OutOfMemoryFlag : 0));
        }
    }

    public void Send()
    {
        lock (gate)
            Flush();
    }

    private void Pair(byte kind, int id, int value)
    {
        lock (gate)
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
                    break; // The consumer is gone. Standard input ends too, which ends the launcher.
            }
        }

        used = 0;
    }
}
