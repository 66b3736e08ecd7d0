using System.Globalization;
using System.Runtime.InteropServices;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// Finds processes that slipped out of their attempt's group: a double fork with a session of its own. Their parents are dead, so the kernel gave them
/// to this process, and their environment names the attempt they came from.
/// </summary>
internal sealed unsafe class OrphanKiller(ChildTable children)
{
    private const int MostRemembered = 4096;

    private static readonly nint AdoptedPath = Marshal.StringToCoTaskMemUTF8($"/proc/self/task/{Posix.ProcessId()}/children");

    private readonly Lock turn = new();
    private readonly byte[] buffer = new byte[256 << 10];

    // Attempts whose strays a sweep found first, in the moment between their end and the question for them; few, because the question follows at once.
    private readonly HashSet<ulong> swept = [];

    /// <summary>Kills the strays of an attempt that has just ended; true when there were any.</summary>
    public bool KillThose(ulong tag)
    {
        if (tag == 0)
            return false;
        lock (turn)
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

    /// <summary>Kills every stray whose attempt is over, and those that hide their origin once nothing runs that could be theirs.</summary>
    public void Sweep()
    {
        lock (turn)
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
                if (tag != 0 && swept.Count < MostRemembered)
                    swept.Add(tag);
            }
        }
    }

    /// <summary>The consumer is gone: nothing that came from this process stays alive.</summary>
    public void KillEverything()
    {
        // What we kill may have forked a moment before, so look again until nothing is left; five seconds is for processes stuck in the kernel.
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

    // Null for one that is gone; 0 for one that names no attempt, because it emptied its environment or is a zombie.
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
