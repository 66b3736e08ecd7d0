using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// A thread that reads and executes requests. It passes the strings of a request to the kernel without copying them. It starts programs with
/// <c>posix_spawn</c>, which shares memory with the child until the child executes, in a session of their own.
/// </summary>
internal sealed unsafe class Spawner
{
    // Enough for posix_spawnattr_t (336 bytes in glibc and musl), posix_spawn_file_actions_t (80) and sigset_t (128).
    private const int OpaqueBytes = 1024;

    private static readonly nint DevNull = Marshal.StringToCoTaskMemUTF8("/dev/null");

    private readonly RequestStream requests;
    private readonly ChildTable children;
    private readonly Reaper reaper;
    private readonly ReplyStream replies;
    private readonly AttemptCgroups? groups;
    private readonly void* attributes;
    private readonly void* actions;
    private byte[] frame = new byte[16 << 10];
    private nint[] pointers = new nint[256];
    private long busySince;

    public Spawner(RequestStream requests, ChildTable children, Reaper reaper, ReplyStream replies, AttemptCgroups? groups)
    {
        (this.requests, this.children, this.reaper, this.replies, this.groups) = (requests, children, reaper, replies, groups);
        attributes = NativeMemory.AllocZeroed(OpaqueBytes);
        actions = NativeMemory.AllocZeroed(OpaqueBytes);
        var set = stackalloc byte[OpaqueBytes];
        _ = Posix.InitAttributes(attributes);

        // .NET ignores SIGPIPE and handles other signals. The program must start with default signals, as from a shell.
        _ = Posix.FillSignalSet(set);
        _ = Posix.SetSignalDefault(attributes, set);
        _ = Posix.EmptySignalSet(set);
        _ = Posix.SetSignalMask(attributes, set);
        _ = Posix.SetFlags(attributes, Posix.SpawnSetSession | Posix.SpawnSetSignalDefault | Posix.SpawnSetSignalMask);
    }

    /// <summary>Since when it handles a request, as a time stamp; 0 while it waits for one.</summary>
    public long BusySince => Interlocked.Read(ref busySince);

    public void Run()
    {
        for (int length; (length = requests.Next(ref frame)) > 0; Interlocked.Exchange(ref busySince, 0))
        {
            Interlocked.Exchange(ref busySince, Stopwatch.GetTimestamp());
            var body = frame.AsSpan(1, length - 1);
            if (frame[0] == LauncherProtocol.Start)
                Start(body);
            else if (frame[0] == LauncherProtocol.Signal)
                children.Signal(BinaryPrimitives.ReadInt32LittleEndian(body), BinaryPrimitives.ReadInt32LittleEndian(body[4..]));
            else if (frame[0] == LauncherProtocol.Detach)
                groups?.Detach();
        }
    }

    private void Start(Span<byte> body)
    {
        var id = BinaryPrimitives.ReadInt32LittleEndian(body);
        var arguments = BinaryPrimitives.ReadInt32LittleEndian(body[4..]);
        var variables = BinaryPrimitives.ReadInt32LittleEndian(body[8..]);
        var stdin = BinaryPrimitives.ReadInt32LittleEndian(body[12..]);
        var memoryLimit = BinaryPrimitives.ReadInt64LittleEndian(body[16..]);
        var strings = 4 + arguments + variables;
        if (pointers.Length < strings + 2)
            pointers = new nint[(strings + 2) * 2];

        fixed (byte* start = body)
        fixed (nint* first = pointers)
        {
            // program, directory, stdout, stderr; arguments and a null; variables and a null
            var at = start + 24;
            var slot = first;
            ulong tag = 0;
            for (var number = 0; number < strings; number++)
            {
                if (number == 4 + arguments)
                    *slot++ = 0;
                *slot++ = (nint)at;
                var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(at);
                if (number >= 4 + arguments)
                    tag = AttemptTag.Add(tag, text);
                at += text.Length + 1;
            }

            if (variables == 0)
                *slot++ = 0;
            *slot = 0;
            AttemptCgroup? group = null;
            if (groups is not null && (group = groups.Create(Posix.ProcessId(), id, memoryLimit: 0, out var error)) is null)
            {
                children.NotSpawned(id);
                replies.NotStarted(id, -error);
                return;
            }

            Spawn(id, tag, group, memoryLimit, (byte**)first, (byte**)first + 4, (byte**)first + 5 + arguments, at, stdin);
        }
    }

    private void Spawn(int id, ulong tag, AttemptCgroup? group, long memoryLimit, byte** paths, byte** arguments, byte** environment, byte* stdin, int stdinLength)
    {
        var input = -1;
        if (stdinLength > 0 && (input = MemoryFile(stdin, stdinLength)) < 0)
        {
            // A program without its input would do something else than it should.
            Refuse(id, group, Marshal.GetLastPInvokeError());
            return;
        }

        _ = Posix.InitActions(actions);
        if (input >= 0)
            _ = Posix.AddDuplicate(actions, input, 0);
        else
            _ = Posix.AddOpen(actions, 0, (byte*)DevNull, Posix.OpenReadOnly, 0);
        _ = Posix.AddOpen(actions, 1, paths[2], Posix.OpenForLog, 0x1b4 /* 0664, minus the umask */);
        _ = Posix.AddOpen(actions, 2, paths[3], Posix.OpenForLog, 0x1b4);
        _ = Posix.AddChangeDirectory(actions, paths[1]);

        children.SetTag(id, tag);
        var startedAt = Stopwatch.GetTimestamp();
        int process;
        var error = SpawnMarked(id, group, memoryLimit, &process, paths[0], arguments, environment);
        if (input >= 0)
            _ = Posix.Close(input);
        _ = Posix.DestroyActions(actions);
        if (error != 0)
        {
            Refuse(id, group, error);
            return;
        }

        var child = new ChildTable.Child(id, tag, startedAt, Announced: false, group);
        if (children.Spawned(process, child, out var exit))
        {
            reaper.End(process, child, exit);
            replies.Send();
        }

        reaper.Wake();
    }

    // Marking the launcher before each spawn, so that the child inherits the mark, would let only one thread spawn at a time. A program needs longer to
    // load than this takes. If it has forked already, because this thread had to wait for a core, its children are marked too.
    private int SpawnMarked(int id, AttemptCgroup? group, long memoryLimit, int* process, byte* path, byte** arguments, byte** environment)
    {
        var error = group is null
            ? Posix.Spawn(process, path, actions, attributes, arguments, environment)
            : SpawnInside(group, memoryLimit, process, path, arguments, environment);
        if (error != 0)
            return error;
        AttemptMark.Set(*process, id);
        foreach (var member in ProcFs.WithDescendants(*process))
            AttemptMark.Set(member, id);
        return 0;
    }

    private void Refuse(int id, AttemptCgroup? group, int error)
    {
        group?.End();
        children.NotSpawned(id);
        replies.NotStarted(id, error);
    }

    // A child starts in the control group of its parent; only glibc 2.39 lets posix_spawn name another one. Moving the child after its start would
    // miss the processes it forked before, which on a busy machine may be all of a shell script. So the launcher itself enters the group, spawns and
    // returns, one thread at a time.
    private int SpawnInside(AttemptCgroup group, long memoryLimit, int* process, byte* path, byte** arguments, byte** environment)
    {
        int error;
        lock (groups!.MoveLock)
        {
            error = group.Enter();
            if (error != 0)
                return -error;
            error = Posix.Spawn(process, path, actions, attributes, arguments, environment);
            groups.ReturnToOwnGroup();
        }

        // After the return: otherwise memory that the launcher touched would count for the attempt and could end the launcher with it.
        if (error == 0)
            _ = group.Limit(memoryLimit);
        return error;
    }

    private static int MemoryFile(byte* content, int length)
    {
        var file = Posix.CreateMemoryFile("stdin", flags: 1 /* MFD_CLOEXEC */);
        for (var written = 0; file >= 0 && written < length;)
        {
            var now = Posix.Write(file, content + written, length - written);
            if (now <= 0)
            {
                var error = Marshal.GetLastPInvokeError();
                _ = Posix.Close(file);
                Marshal.SetLastPInvokeError(error);
                return -1;
            }

            written += (int)now;
        }

        if (file >= 0)
            _ = Posix.Seek(file, 0, 0);
        return file;
    }
}
