using System.Globalization;
using System.Runtime.InteropServices;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// Kills orphans: processes that left their attempt's group by a double fork and a session of their own. Their parents are dead, so the kernel made
/// this process their parent. Their environment names the attempt they belong to.
/// </summary>
internal sealed unsafe class OrphanKiller(ChildTable children)
{
    private const int MaxSwept = 4096;

    private static readonly nint AdoptedPath = Marshal.StringToCoTaskMemUTF8($"/proc/self/task/{Posix.ProcessId()}/children");

    private readonly Lock gate = new();
    private readonly byte[] buffer = new byte[256 << 10];

    // Attempts whose orphans a sweep killed just after the attempt ended, before KillThose asked for them.
    private readonly HashSet<ulong> swept = [];

    /// <summary>Kills the orphans of an attempt that has just ended; true when there were any.</summary>
    public bool KillThose(ulong tag)
    {
        if (tag == 0)
            return false;
        lock (gate)
        {
            var found = swept.Remove(tag);
            foreach (var process in Adopted())
            {
                if (TagOf(process) != tag)
                    continue;
                found = true;
                _ = Posix.Kill(process, Posix.SigKill);
            }

            return found;
        }
    }

    /// <summary>Kills orphans whose attempt has ended. An orphan that names no attempt is killed when no attempt runs.</summary>
    public void Sweep()
    {
        lock (gate)
        {
            var adopted = Adopted();
            if (adopted.Count == 0)
                return;
            var live = children.LiveTags();
            foreach (var process in adopted)
            {
                if (TagOf(process) is not { } tag || (tag == 0 ? live.Count > 0 : live.Contains(tag)))
                    continue;
                _ = Posix.Kill(process, Posix.SigKill);
                if (tag != 0 && swept.Count < MaxSwept)
                    swept.Add(tag);
            }
        }
    }

    /// <summary>Kills all descendants of this process, because the consumer is gone.</summary>
    public void KillEverything()
    {
        // A process may fork just before it is killed, so this repeats until none is left. The limit of 5 s is for processes that hang in the kernel.
        var self = Posix.ProcessId();
        for (var round = 0; round < 500; round++)
        {
            children.KillGroups();
            var descendants = Descendants(self);
            if (descendants.Count == 0)
                return;
            foreach (var process in descendants)
                _ = Posix.Kill(process, Posix.SigKill);
            Thread.Sleep(10);
        }
    }

    private static List<int> Descendants(int root)
    {
        var childrenOf = new Dictionary<int, List<int>>();
        foreach (var (process, parent) in ProcFs.Parents())
        {
            if (!childrenOf.TryGetValue(parent, out var list))
                childrenOf[parent] = list = [];
            list.Add(process);
        }

        var found = new List<int>();
        var open = new Stack<int>([root]);
        while (open.TryPop(out var process))
        {
            foreach (var child in childrenOf.GetValueOrDefault(process) ?? [])
            {
                found.Add(child);
                open.Push(child);
            }
        }

        return found;
    }

    private List<int> Adopted()
    {
        var length = ReadAll((byte*)AdoptedPath);
        if (length <= 0)
            return [];
        var found = new List<int>();
        ReadOnlySpan<byte> text = buffer.AsSpan(0, length);
        foreach (var range in text.Split((byte)' '))
        {
            if (int.TryParse(text[range], NumberStyles.None, CultureInfo.InvariantCulture, out var process))
                found.Add(process);
        }

        return found;
    }

    // Null when the process has ended; 0 when it names no attempt, because it cleared its environment or is a zombie.
    private ulong? TagOf(int process)
    {
        Span<byte> path = stackalloc byte[64];
        System.Text.Encoding.ASCII.TryGetBytes($"/proc/{process}/environ\0", path, out _);
        fixed (byte* start = path)
        {
            var length = ReadAll(start);
            return length < 0 ? null : AttemptTag.Of(buffer.AsSpan(0, length));
        }
    }

    private int ReadAll(byte* path)
    {
        var file = Posix.Open(path, Posix.OpenReadOnly);
        if (file < 0)
            return -1;
        var used = 0;
        fixed (byte* start = buffer)
        {
            for (nint got; used < buffer.Length && (got = Posix.Read(file, start + used, buffer.Length - used)) > 0;)
                used += (int)got;
        }

        _ = Posix.Close(file);
        return used;
    }
}
