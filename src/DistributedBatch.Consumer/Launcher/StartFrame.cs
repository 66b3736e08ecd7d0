using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Writes the frame of a start. The environment that all attempts of a job share is encoded once per job.</summary>
internal sealed class StartFrame
{
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, string>, byte[]> encoded = [];
    private byte[] buffer = new byte[16 << 10];
    private int used;
    private bool hasNul;

    /// <summary>The frame, valid until the next call; empty when a text has a NUL character, which no program can receive.</summary>
    public ReadOnlySpan<byte> Write(int id, string program, ProgramStart start)
    {
        used = 0;
        hasNul = false;
        var header = Reserve(LauncherProtocol.HeaderBytes + 24);
        BinaryPrimitives.WriteInt32LittleEndian(header[5..], id);
        BinaryPrimitives.WriteInt32LittleEndian(header[9..], start.Command.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header[13..], start.Environment.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header[17..], start.Stdin.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[21..], start.MemoryLimitBytes);
        header[4] = LauncherProtocol.Start;
        Text(program);
        Text(start.WorkingDirectory);
        Text(start.StdoutPath);
        Text(start.StderrPath);
        for (var number = 0; number < start.Command.Count; number++)
            Text(start.Command[number]);
        if (start.Environment is AttemptEnvironment layered)
        {
            var shared = encoded.GetValue(layered.Shared, Encode);
            shared.CopyTo(Reserve(shared.Length));
            foreach (var pair in layered.Own)
                Variable(pair);
        }
        else
        {
            foreach (var pair in start.Environment)
                Variable(pair);
        }

        if (hasNul)
            return [];
        start.Stdin.Span.CopyTo(Reserve(start.Stdin.Length));
        BinaryPrimitives.WriteInt32LittleEndian(buffer, used - 4);
        return buffer.AsSpan(0, used);
    }

    private static byte[] Encode(IReadOnlyDictionary<string, string> variables) =>
        Encoding.UTF8.GetBytes(string.Concat(variables.Select(pair => $"{pair.Key}={pair.Value}\0")));

    private void Variable(KeyValuePair<string, string> pair)
    {
        Text(pair.Key);
        buffer[used - 1] = (byte)'=';
        Text(pair.Value);
    }

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        var room = Reserve(bytes + 1);
        Encoding.UTF8.GetBytes(text, room);
        room[bytes] = 0;
        hasNul |= room[..bytes].Contains((byte)0);
    }

    private Span<byte> Reserve(int bytes)
    {
        if (used + bytes > buffer.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + bytes));
        used += bytes;
        return buffer.AsSpan(used - bytes, bytes);
    }
}
